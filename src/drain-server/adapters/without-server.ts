import { DrainError } from '../errors.ts'
import type { Adapter } from './adapter.ts'

interface Mistake {
  what: string
  instead: string
  /** The methods that tell it from everything else. */
  methods: readonly string[]
}

/** What is easily taken for a server. The first whose methods a target has says what to give instead. */
const mistakes: readonly Mistake[] = [
  { what: 'a promise', instead: 'what it resolves to', methods: ['then', 'catch', 'finally'] },
  { what: 'node:cluster', instead: 'call drainCluster() in the primary', methods: ['fork', 'setupPrimary'] },
  { what: 'a hono application', instead: 'what serve() of @hono/node-server returns', methods: ['fetch', 'route'] },
  { what: 'a koa application', instead: 'what app.listen(port) returns', methods: ['callback', 'listen', 'use'] },
  { what: 'an express application', instead: 'what app.listen(port) returns', methods: ['handle', 'listen', 'use'] },
]

/**
 * Recognises applications that hold no server.
 * @throws DrainError ERR_DRAIN_TARGET, which says what to pass instead
 */
export const withoutServer: Adapter = (target) => {
  const has = (method: string): boolean => typeof Reflect.get(target, method) === 'function'
  const mistake = mistakes.find(({ methods }) => methods.every(has))
  if (mistake === undefined) return false
  throw new DrainError(
    'ERR_DRAIN_TARGET',
    `drain() was given ${mistake.what}, which holds no server; ${mistake.instead}`,
  )
}
