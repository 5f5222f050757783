import { Server as HttpServer } from 'node:http'
import { Server as HttpsServer } from 'node:https'
import type { Server as NetServer } from 'node:net'
import { Http1Protocol } from '../http1/http1-protocol.ts'
import type { Protocol, ProtocolContext } from './protocol.ts'

/** @returns the protocol that a server speaks; undefined when it is none of Node's HTTP servers */
export function openProtocol(server: NetServer, context: ProtocolContext): Protocol | undefined {
  if (server instanceof HttpServer || server instanceof HttpsServer) return new Http1Protocol(server, context)
  return undefined
}
