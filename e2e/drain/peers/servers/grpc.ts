/** `node grpc.ts PORT ENDING`: the Echo service of echo.proto on @grpc/grpc-js, with channelz off. */
import { fileURLToPath } from 'node:url'
import { setTimeout as sleep } from 'node:timers/promises'
import { loadPackageDefinition, Server, ServerCredentials } from '@grpc/grpc-js'
import type { sendUnaryData, ServerUnaryCall, ServerWritableStream, ServiceClientConstructor } from '@grpc/grpc-js'
import { loadSync } from '@grpc/proto-loader'
import { drain } from '../../../../src/drain-server/index.ts'
import { drainOptions, exit, portAndEnding, ready, workMs } from './application.ts'

interface Message {
  payload: Buffer
}

function unary(call: ServerUnaryCall<Message, Message>, answer: sendUnaryData<Message>): void {
  setTimeout(() => answer(null, call.request), workMs())
}

/** Ten messages, which take about 150 ms. */
async function stream(call: ServerWritableStream<Message, Message>): Promise<void> {
  for (let message = 0; message < 10 && !call.cancelled; message += 1) {
    call.write(call.request)
    await sleep(workMs())
  }
  call.end()
}

const proto = loadPackageDefinition(loadSync(fileURLToPath(new URL('echo.proto', import.meta.url))))
const { Echo } = proto['drainkeeper'] as unknown as { Echo: ServiceClientConstructor }

const { port, ending } = portAndEnding()
const server = new Server({ 'grpc.enable_channelz': 0 })
if (ending === 'drain-server') drain(server, drainOptions)
server.addService(Echo.service, {
  Unary: unary,
  Stream: (call: ServerWritableStream<Message, Message>) => void stream(call),
})
process.once('SIGTERM', () => {
  if (ending === 'tryShutdown') server.tryShutdown(exit)
  if (ending === 'forceShutdown') {
    server.forceShutdown()
    exit()
  }
})
server.bindAsync(`127.0.0.1:${port}`, ServerCredentials.createInsecure(), (error) => {
  if (error) throw error
  ready()
})
