import { Server, ServerCredentials, status } from '@grpc/grpc-js'
import type { ServerUnaryCall, ServiceDefinition, sendUnaryData } from '@grpc/grpc-js'
import { setTimeout as sleep } from 'node:timers/promises'
import { drain, requestSignal } from 'drain-server'

/** What protoc or @grpc/proto-loader would make of a .proto file. */
const text = { serialize: (value: string) => Buffer.from(value), deserialize: (bytes: Buffer) => bytes.toString() }
const greeter: ServiceDefinition = {
  sayHello: {
    path: '/example.Greeter/SayHello',
    requestStream: false,
    responseStream: false,
    requestSerialize: text.serialize,
    requestDeserialize: text.deserialize,
    responseSerialize: text.serialize,
    responseDeserialize: text.deserialize,
  },
}
async function greet(call: ServerUnaryCall<string, string>, respond: sendUnaryData<string>): Promise<void> {
  try {
    await sleep(call.request === 'slowly' ? 1000 : 0, undefined, { signal: requestSignal(call) })
    respond(null, `hello, ${call.request}`)
  } catch {
    respond({ code: status.UNAVAILABLE, details: 'draining' })
  }
}

const server = new Server()
drain(server)
server.addService(greeter, {
  sayHello: (call: ServerUnaryCall<string, string>, respond: sendUnaryData<string>) => void greet(call, respond),
})
server.bindAsync(`0.0.0.0:${process.env['PORT'] ?? 8080}`, ServerCredentials.createInsecure(), (error) => {
  if (error !== null) throw error
})
