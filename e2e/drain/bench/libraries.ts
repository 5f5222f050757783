import { createServer as createHttp1 } from 'node:http'
import type { IncomingMessage, Server as Http1Server, ServerResponse } from 'node:http'
import { createServer as createHttp2 } from 'node:http2'
import type { Server as NetServer } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import type { FastifyInstance } from 'fastify'

export type Protocol = 'http1' | 'http2'
export type Handler = (request: IncomingMessage, response: ServerResponse) => void

/** What every library is told alike: how long routing takes, and when the process is killed. From SIGTERM on. */
export interface Terms {
  delayMs: number
  deadlineMs: number
}

export interface Library {
  name: string
  /** What it is told of the terms, or does by itself when there are none: for the docs. */
  delayedBy: string
  protocols: readonly Protocol[]
  /**
   * Makes the server that drains on SIGTERM the way the library's documentation says; the caller lets it listen.
   * @param terms absent: nothing is configured
   */
  open(protocol: Protocol, handler: Handler, terms: Terms | undefined): NetServer | Promise<NetServer>
}

/** A server of Node's, which a library then adopts. */
function plain(protocol: Protocol, handler: Handler): Http1Server {
  if (protocol === 'http1') return createHttp1(handler)
  return createHttp2(handler as never) as unknown as Http1Server
}

/** A library without a delay of its own gets it before its close, as by a preStop hook that sleeps. */
function onSigterm(terms: Terms | undefined, close: () => void): void {
  process.once('SIGTERM', () => setTimeout(close, terms?.delayMs ?? 0))
}

const exit = (): void => process.exit(0)
const afterDelayMs = ({ delayMs, deadlineMs }: Terms): number => deadlineMs - delayMs
const slept = 'a sleep before its close, as by a preStop hook'

export const drainServer: Library = {
  name: 'drain-server',
  delayedBy: '`delaySeconds`, `graceSeconds`',
  protocols: ['http1', 'http2'],
  async open(protocol, handler, terms) {
    const { drain } = await import('../../../src/drain-server/index.ts')
    const server = plain(protocol, handler)
    drain(server, {
      admin: { port: 0 },
      terminationMessagePath: false,
      // What is kept back of the grace period for the exit: the deadline is 2 s before its end.
      ...(terms && { delaySeconds: terms.delayMs / 1000, graceSeconds: terms.deadlineMs / 1000 + 2 }),
    })
    return server
  },
}

export const bare: Library = {
  name: 'bare node',
  delayedBy: slept,
  protocols: ['http1', 'http2'],
  open(protocol, handler, terms) {
    const server = plain(protocol, handler)
    onSigterm(terms, () => server.close(exit))
    return server
  },
}

export const httpTerminator: Library = {
  name: 'http-terminator',
  delayedBy: `${slept}; \`gracefulTerminationTimeout\``,
  protocols: ['http1'],
  async open(protocol, handler, terms) {
    const { createHttpTerminator } = await import('http-terminator')
    const server = plain(protocol, handler)
    const terminator = createHttpTerminator({
      server,
      ...(terms && { gracefulTerminationTimeout: afterDelayMs(terms) }),
    })
    onSigterm(terms, () => void terminator.terminate().then(exit))
    return server
  },
}

export const terminus: Library = {
  name: 'terminus',
  delayedBy: '`beforeShutdown`, `timeout`',
  protocols: ['http1'],
  async open(protocol, handler, terms) {
    const { createTerminus } = await import('@godaddy/terminus')
    const server = plain(protocol, handler)
    createTerminus(server, {
      healthChecks: { '/health': () => Promise.resolve() },
      useExit0: true,
      ...(terms && { beforeShutdown: () => sleep(terms.delayMs), timeout: afterDelayMs(terms) }),
    })
    return server
  },
}

export const lightship: Library = {
  name: 'lightship',
  delayedBy: '`shutdownDelay`, `gracefulShutdownTimeout`, `shutdownHandlerTimeout`',
  protocols: ['http1', 'http2'],
  async open(protocol, handler, terms) {
    const server = plain(protocol, handler)
    const { createLightship } = await import('lightship')
    const ship = await createLightship({
      detectKubernetes: false,
      port: 0,
      ...(terms && {
        shutdownDelay: terms.delayMs,
        gracefulShutdownTimeout: afterDelayMs(terms),
        shutdownHandlerTimeout: afterDelayMs(terms),
      }),
    })
    ship.registerShutdownHandler(() => {
      server.close()
    })
    ship.signalReady()
    return server
  },
}

export const stoppableServer: Library = {
  name: 'stoppable',
  delayedBy: `${slept}; \`grace\``,
  protocols: ['http1'],
  async open(protocol, handler, terms) {
    const { default: stoppable } = await import('stoppable')
    const server = stoppable(plain(protocol, handler), terms && afterDelayMs(terms))
    onSigterm(terms, () => server.stop(exit))
    return server
  },
}

export const httpGracefulShutdown: Library = {
  name: 'http-graceful-shutdown',
  delayedBy: '`preShutdown`, `timeout`',
  protocols: ['http1', 'http2'],
  async open(protocol, handler, terms) {
    const { default: gracefulShutdown } = await import('http-graceful-shutdown')
    const server = plain(protocol, handler)
    gracefulShutdown(server, terms && { preShutdown: () => sleep(terms.delayMs), timeout: terms.deadlineMs })
    return server
  },
}

export const graceful: Library = {
  name: 'close-with-grace',
  delayedBy: `${slept}; \`delay\` (its deadline)`,
  protocols: ['http1', 'http2'],
  async open(protocol, handler, terms) {
    const { default: closeWithGrace } = await import('close-with-grace')
    const server = plain(protocol, handler)
    closeWithGrace({ logger: false, ...(terms && { delay: terms.deadlineMs }) }, async () => {
      if (terms) await sleep(terms.delayMs)
      await new Promise<void>((resolve) => void server.close(() => resolve()))
    })
    return server
  },
}

export const fastifyClose: Library = {
  name: 'fastify.close',
  delayedBy: slept,
  protocols: ['http1', 'http2'],
  async open(protocol, handler, terms) {
    const { default: fastify } = await import('fastify')
    const app: FastifyInstance =
      protocol === 'http1' ? fastify() : (fastify({ http2: true }) as unknown as FastifyInstance)
    // The body is the handler's to read, as it is everywhere else.
    app.removeAllContentTypeParsers()
    app.addContentTypeParser('*', (_request, _payload, done) => done(null))
    app.all('*', (request, reply) => {
      reply.hijack()
      handler(request.raw, reply.raw)
    })
    onSigterm(terms, () => void app.close().then(exit))
    await app.ready()
    return app.server
  },
}

export const libraries: readonly Library[] = [
  drainServer,
  httpTerminator,
  terminus,
  lightship,
  stoppableServer,
  httpGracefulShutdown,
  graceful,
  fastifyClose,
  bare,
]
