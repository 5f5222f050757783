import type { Server as NetServer } from 'node:net'

/** A fastify instance, before or after listen(). Its own close(), and so its onClose hooks, run as a drain hook. */
export interface FastifyApplication {
  readonly server: NetServer
  listen(...values: never[]): unknown
  addHook(...values: never[]): unknown
  close(): PromiseLike<unknown>
}

/** A Nest application. Its own close(), and so its shutdown hooks, run as a drain hook. */
export interface NestApplication {
  getHttpServer(): unknown
  close(): Promise<unknown>
}

/** Whatever keeps its server in `server`, such as a restify server. */
export interface ServerHolder {
  readonly server: NetServer
}

/** A Server of @grpc/grpc-js, before bindAsync(). */
export interface GrpcServer {
  bindAsync(...values: never[]): unknown
  register(...values: never[]): unknown
  tryShutdown(...values: never[]): unknown
  forceShutdown(): void
}

/**
 * What can be drained:
 * - a server of node:http, node:https or node:http2: what `createServer()`, express's and koa's `app.listen()`, and
 *   `serve()` of @hono/node-server return
 * - an application that knows its server: fastify, Nest, restify
 * - a Server of @grpc/grpc-js
 */
export type DrainTarget = NetServer | FastifyApplication | NestApplication | ServerHolder | GrpcServer
