import type { LoadKind } from './client.ts'
import type { Trial } from './trial.ts'

/** One cost, measured for bare node and for others, in rounds that alternate between them. */
export interface Measurement {
  name: string
  /** How it is measured, for the docs. */
  method: string
  unit: string
  libraries: readonly string[]
  /** How many rounds drain-server and bare node get; the others get a quarter of them. */
  rounds: number
  trial: Omit<Trial, 'library'>
  /** The cost, from what the server used for all counted requests. */
  per: 'cpuMicros' | 'heapBytes' | 'residentBytes'
}

export const base = 'bare node'
export const own = 'drain-server'
const peers = ['http-terminator', 'terminus', 'lightship', 'stoppable', 'http-graceful-shutdown', 'close-with-grace']

const cpu = (
  name: string,
  load: LoadKind,
  warmUp: number,
  count: number,
  rounds: number,
  libraries: string[],
): Measurement => ({
  name,
  method: `user and system time of the server process, ${count} requests after ${warmUp} to warm up`,
  unit: 'µs',
  libraries: [base, own, ...libraries],
  rounds,
  trial: { load, warmUp, count },
  per: 'cpuMicros',
})

const memory = (name: string, per: 'heapBytes' | 'residentBytes'): Measurement => ({
  name,
  method: `growth by 10,000 connections that brought one request each, after a collection of garbage, by connection`,
  unit: 'bytes',
  libraries: [base, own],
  rounds: 1,
  trial: { load: 'idle', warmUp: 200, count: 10_000, collect: 'both', serverArguments: ['--expose-gc'] },
  per,
})

/** A young generation that is never full: nothing is collected between the two marks, so that what grew was allocated. */
const roomyHeap = ['--expose-gc', '--max-semi-space-size=512', '--min-semi-space-size=512']

export const measurements: readonly Measurement[] = [
  cpu('CPU, HTTP/1.1 keep-alive', 'http1', 40_000, 40_000, 15, peers),
  cpu('CPU, HTTP/1.1 connection per request', 'connections', 4000, 8000, 6, []),
  cpu('CPU, HTTP/2 clear text', 'http2', 8000, 12_000, 6, []),
  cpu('CPU, grpc-js unary', 'grpc', 4000, 8000, 6, []),
  {
    name: 'allocation, HTTP/1.1 keep-alive',
    method: 'growth of the JavaScript heap without any collection of garbage, 20000 requests after 40000 to warm up',
    unit: 'bytes',
    libraries: [base, own, ...peers],
    rounds: 1,
    trial: { load: 'http1', warmUp: 40_000, count: 20_000, collect: 'before', serverArguments: roomyHeap },
    per: 'heapBytes',
  },
  memory('heap of an idle connection', 'heapBytes'),
  memory('resident memory of an idle connection', 'residentBytes'),
]
