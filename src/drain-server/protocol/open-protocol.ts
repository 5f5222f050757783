import { Server as HttpServer } from 'node:http'
import { createSecureServer, createServer } from 'node:http2'
import { Server as HttpsServer } from 'node:https'
import type { Server as NetServer } from 'node:net'
import { GrpcProtocol } from '../grpc/grpc-protocol.ts'
import { Http1Protocol } from '../http1/http1-protocol.ts'
import type { Protocol, ProtocolContext } from './protocol.ts'

/** @returns the protocol that a server speaks; undefined when it is none of Node's HTTP servers */
export function openProtocol(server: NetServer, context: ProtocolContext): Protocol | undefined {
  if (server instanceof HttpServer || server instanceof HttpsServer) return new Http1Protocol(server, context)
  if (isHttp2Server(server)) return new GrpcProtocol(server, context)
  return undefined
}

let http2Prototypes: (object | null)[] | undefined

/** Node exports no class of its HTTP/2 servers: servers that were never listening stand in for them. */
function isHttp2Server(server: NetServer): boolean {
  http2Prototypes ??= [createServer(), createSecureServer()].map((sample) => Object.getPrototypeOf(sample) as object)
  return http2Prototypes.some(
    (prototype) => prototype !== null && Object.prototype.isPrototypeOf.call(prototype, server),
  )
}
