import { Server } from '@grpc/grpc-js'
import type {
  handleBidiStreamingCall,
  handleClientStreamingCall,
  handleServerStreamingCall,
  handleUnaryCall,
} from '@grpc/grpc-js'
import { answer } from './answer.ts'
import { conformanceService } from './grpc-service.ts'

const ask: handleUnaryCall<string, string> = (call, respond) => {
  void answer(call.request, () => []).then(
    ({ body }) => respond(null, typeof body === 'string' ? body : ''),
    (error: Error) => respond(error),
  )
}

const stream: handleServerStreamingCall<string, string> = (call) => {
  void answer(call.request, () => []).then(({ body }) => {
    if (typeof body === 'string') call.end(body)
    else body.pipe(call)
  })
}

const collect: handleClientStreamingCall<string, string> = (call, respond) => {
  let collected = ''
  call.on('data', (text: string) => (collected += text))
  call.on('end', () => respond(null, collected))
}

const echo: handleBidiStreamingCall<string, string> = (call) => {
  call.on('data', (text: string) => call.write(text))
  call.on('end', () => call.end())
}

/** Adds the service of the suite. */
export function addConformance(server: Server): Server {
  server.addService(conformanceService, { Ask: ask, Stream: stream, Collect: collect, Echo: echo })
  return server
}
