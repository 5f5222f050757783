/**
 * An API server in memory, on an injected clock: what a real one answers, without etcd, certificates or waiting.
 * Requests come through transports in this process (`ApiServer.client`) or over HTTP (`serveHttp`).
 *
 * `request/` reads them (`protobuf/` where they are not text), `handlers/` carries them out on what `storage/` keeps, after
 * `admission/`; `resources/` says what is served under which path. `kinds/`, `schema/`, `fields/` and `patch/` know what
 * objects are and who owns which of their fields; `tables/` and `discovery/` serve people.
 */
export { ApiServer, type ApiServerLike, type ApiServerOptions } from './api-server.ts'
export { type HttpOptions, type HttpServer, serveHttp } from './http.ts'
export type { LogOptions, NodeAccess, PodRequest } from './node-access.ts'
export type { StoredWrite } from './stored-write.ts'
