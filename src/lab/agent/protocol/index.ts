/** The protocols that load can speak: for each a client with the same face, which begins attempts and never retries. */
import type { Protocol } from '../../scenario.ts'
import type { LoadSpec } from '../load-spec.ts'
import type { Client, ClientSurroundings } from './client.ts'
import { grpcStreamClient, grpcUnaryClient } from './grpc-client.ts'
import { httpClient } from './http1/http-client.ts'
import { http2Client } from './http2-client.ts'
import { websocketClient } from './websocket-client.ts'

export type { Attempt, Client, ClientSurroundings, Outcome } from './client.ts'

const clients: Readonly<Record<Protocol, (spec: LoadSpec, surroundings: ClientSurroundings) => Client>> = {
  http: httpClient,
  http2: http2Client,
  'grpc-unary': grpcUnaryClient,
  'grpc-stream': grpcStreamClient,
  websocket: websocketClient,
}

/** The client for one run of load. */
export const createClient = (spec: LoadSpec, surroundings: ClientSurroundings): Client =>
  clients[spec.protocol](spec, surroundings)
