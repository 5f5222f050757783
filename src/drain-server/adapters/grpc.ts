import { AsyncLocalStorage } from 'node:async_hooks'
import type { Clock } from '../clock.ts'
import { DrainError } from '../errors.ts'
import { GrpcCalls } from '../grpc/grpc-calls.ts'
import type { CallHandler } from '../grpc/grpc-calls.ts'
import type { Adapter } from './adapter.ts'
import { isAdopted } from './adopted.ts'
import { observeListenWithin } from './listening.ts'

/** The part of @grpc/grpc-js's Server that is needed; all of it is public. */
interface GrpcServer {
  bindAsync(address: string, credentials: unknown, callback: (...outcome: unknown[]) => void): void
  register(path: string, handler: CallHandler, ...serialization: unknown[]): boolean
  tryShutdown(callback: () => void): void
  forceShutdown(): void
}

const drained = new WeakSet<object>()

/**
 * A Server of @grpc/grpc-js, from before bindAsync(). Its HTTP/2 servers, one for each address, are its own; they are
 * met where they begin to listen. Of services, it knows those that are added after it.
 */
export const grpcServer: Adapter = (target, { adopt, join, onDrain, clock }) => {
  if (!isGrpcServer(target)) return false
  if (drained.has(target))
    throw new DrainError('ERR_DRAIN_ADOPTED', 'this gRPC server is drained already; drain() it once')
  drained.add(target)
  const bindAsync = target.bindAsync.bind(target)
  target.bindAsync = (address, credentials, callback) => {
    if (typeof callback !== 'function') return bindAsync(address, credentials, callback)
    let binding = true
    const bound = AsyncLocalStorage.bind(callback)
    return observeListenWithin(
      (server) =>
        void server.prependOnceListener('listening', () => binding && !isAdopted(server) && adopt(server, true)),
      () =>
        bindAsync(address, credentials, (...outcome) => {
          binding = false
          bound(...outcome)
        }),
    )
  }
  const calls = new GrpcCalls(clock, () => {
    drained.delete(target)
    Reflect.deleteProperty(target, 'bindAsync')
    Reflect.deleteProperty(target, 'register')
  })
  const register = target.register.bind(target)
  target.register = (path, handler, ...serialization) => register(path, calls.handler(handler), ...serialization)
  join(calls)
  onDrain(({ remainingMs }) => shutDown(target, clock, remainingMs / 2), { name: 'grpc-js' })
  return true
}

function isGrpcServer(target: object): target is GrpcServer {
  const methods: (keyof GrpcServer)[] = ['bindAsync', 'register', 'tryShutdown', 'forceShutdown']
  return methods.every((method) => typeof (target as Partial<GrpcServer>)[method] === 'function')
}

/**
 * Brings the Server itself to an end, so that its own state and timers go too. The sessions of its ports are gone
 * already; those of its connection injectors, which nobody else knows, are cut off.
 */
function shutDown(server: GrpcServer, clock: Clock, atMostMs: number): Promise<void> {
  return new Promise((resolve) => {
    const force = (): void => {
      cancel()
      server.forceShutdown()
      resolve()
    }
    const cancel = clock.after(atMostMs, force)
    server.tryShutdown(force)
  })
}
