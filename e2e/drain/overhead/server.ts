/**
 * The server under test, in a process of its own: `server.ts PROTOCOL LIBRARY`. Tells its port over IPC, and answers
 * `mark` with what it has used so far.
 */
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { PerformanceObserver } from 'node:perf_hooks'
import { Server as GrpcServer, ServerCredentials } from '@grpc/grpc-js'
import type { sendUnaryData, ServerUnaryCall } from '@grpc/grpc-js'
import { drain } from '../../../src/drain-server/index.ts'
import { libraries } from '../bench/libraries.ts'
import type { Protocol } from '../bench/libraries.ts'
import { echoService } from './echo-service.ts'

/** What the process has used since it began. */
export interface Mark {
  cpuMicros: number
  heapBytes: number
  residentBytes: number
  collections: number
}

const [protocol, libraryName] = process.argv.slice(2) as [Protocol | 'grpc', string]
const port = protocol === 'grpc' ? await openGrpc() : await openHttp(protocol)

let collections = 0
new PerformanceObserver((list) => (collections += list.getEntries().length)).observe({ entryTypes: ['gc'] })

process.on('message', (request: { collect: boolean }) => {
  if (request.collect) globalThis.gc?.()
  // Observers are told of collections in a later turn.
  setTimeout(() => process.send?.(mark()), 20)
})
process.on('disconnect', () => process.exit())
process.send?.({ port })

function mark(): Mark {
  const { user, system } = process.cpuUsage()
  const { heapUsed, rss } = process.memoryUsage()
  return { cpuMicros: user + system, heapBytes: heapUsed, residentBytes: rss, collections }
}

async function openHttp(protocol: Protocol): Promise<number> {
  const library = libraries.find(({ name }) => name === libraryName)
  if (library === undefined) throw new Error(`no library ${libraryName}`)
  const server = await library.open(protocol, (_request, response) => void response.end('ok'), undefined)
  if ('keepAliveTimeout' in server) server.keepAliveTimeout = 600_000
  server.listen({ port: 0, host: '127.0.0.1', backlog: 4096 })
  await once(server, 'listening')
  return (server.address() as AddressInfo).port
}

async function openGrpc(): Promise<number> {
  const server = new GrpcServer()
  server.addService(echoService, {
    echo: (call: ServerUnaryCall<Buffer, Buffer>, respond: sendUnaryData<Buffer>) => respond(null, call.request),
  })
  if (libraryName === 'drain-server') drain(server, { admin: { port: 0 } })
  return new Promise((resolve, reject) => {
    server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, port) =>
      error === null ? resolve(port) : reject(error),
    )
  })
}
