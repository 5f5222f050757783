/** The protocols that load can speak: for each a client with the same face, which begins attempts and never retries. */
import type { Protocol } from '../../scenario.ts'
import type { LoadSpec } from '../load-spec.ts'
import type { Client, ClientSurroundings } from './client.ts'
import { httpClient } from './http1/http-client.ts'

export type { Attempt, Client, ClientSurroundings, Outcome } from './client.ts'

type MakeClient = (spec: LoadSpec, surroundings: ClientSurroundings) => Client

const clients: Readonly<Partial<Record<Protocol, MakeClient>>> = { http: httpClient }

/** The client for one run of load. */
export function createClient(spec: LoadSpec, surroundings: ClientSurroundings): Client {
  const make = clients[spec.protocol]
  if (make === undefined) throw new Error(`${spec.protocol} is not spoken yet`)
  return make(spec, surroundings)
}
