/** How a target speaks: each case says which of these it concerns. */
export type Protocol = 'http1' | 'http2' | 'grpc'

/** A program under test: a process of its own, that the suite only knows from outside. */
export interface Target {
  name: string
  /** The program, in `targets/`. */
  file: string
  protocols: readonly Protocol[]
  /** Over TLS. */
  secure: boolean
  /** Arguments of node before the program. */
  nodeArguments?: readonly string[]
  /** What this target has not, so that the cases about it do not concern it. */
  without: readonly Ability[]
}

/**
 * - admin: health, admin and metrics on a port of their own
 * - options: drain() is called with options, and hooks can be added
 * - upgrades: sockets can leave HTTP
 * - oneProcess: the process that is signalled is the process that serves
 */
export type Ability = 'admin' | 'options' | 'upgrades' | 'oneProcess'

/** What every run drives. */
export const targets: readonly Target[] = [
  { name: 'http', file: 'http.ts', protocols: ['http1'], secure: false, without: [] },
  { name: 'https', file: 'https.ts', protocols: ['http1'], secure: true, without: [] },
  { name: 'http2', file: 'http2.ts', protocols: ['http2'], secure: false, without: ['upgrades'] },
  { name: 'http2-tls', file: 'http2-tls.ts', protocols: ['http2', 'http1'], secure: true, without: ['upgrades'] },
  { name: 'express', file: 'express.ts', protocols: ['http1'], secure: false, without: [] },
  { name: 'fastify', file: 'fastify.ts', protocols: ['http1'], secure: false, without: [] },
  { name: 'koa', file: 'koa.ts', protocols: ['http1'], secure: false, without: [] },
  { name: 'hono', file: 'hono.ts', protocols: ['http1'], secure: false, without: [] },
  { name: 'nest', file: 'nest.ts', protocols: ['http1'], secure: false, without: [] },
  {
    name: 'register',
    file: 'unmodified.ts',
    protocols: ['http1'],
    secure: false,
    nodeArguments: ['--import', 'drain-server/register'],
    without: ['options'],
  },
  {
    name: 'register-cjs',
    file: 'unmodified.cts',
    protocols: ['http1'],
    secure: false,
    nodeArguments: ['--import', 'drain-server/register'],
    without: ['options'],
  },
  { name: 'cluster', file: 'cluster.ts', protocols: ['http1'], secure: false, without: ['oneProcess'] },
  { name: 'grpc', file: 'grpc.ts', protocols: ['grpc'], secure: false, without: ['upgrades'] },
  { name: 'grpc-tls', file: 'grpc-tls.ts', protocols: ['grpc'], secure: true, without: ['upgrades'] },
]

/** Driven on request only: the proof that the suite can fail. */
export const bare: Target = {
  name: 'bare',
  file: 'bare.ts',
  protocols: ['http1'],
  secure: false,
  without: ['admin', 'options'],
}
