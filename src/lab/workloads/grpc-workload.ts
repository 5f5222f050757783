import {
  Metadata,
  Server,
  ServerCredentials,
  type ServerDuplexStream,
  type ServerUnaryCall,
  type sendUnaryData,
} from '@grpc/grpc-js'
import { endOnDrain } from 'drain-server'
import type { Application } from './answer.ts'
import { echoService, type Message, POD_METADATA, type WorkRequest } from './echo-service.ts'
import type { Workload } from './workload.ts'

/** gRPC in clear text: unary calls that work, and streams that send each message back. */
export function grpcWorkload({ pod, queue }: Application): Workload {
  const server = new Server()
  const metadata = new Metadata()
  metadata.set(POD_METADATA, pod)
  const work = (call: ServerUnaryCall<WorkRequest, { pod: string }>, respond: sendUnaryData<{ pod: string }>) => {
    call.sendMetadata(metadata)
    queue.work(call.request.ms, () => respond(null, { pod }))
  }
  const talk = (call: ServerDuplexStream<Message, Message>) => {
    // A conversation has no end that would be worth waiting for; without drain-server this changes nothing.
    endOnDrain(call)
    call.sendMetadata(metadata)
    call.on('data', (message: Message) => call.write(message))
    call.on('end', () => call.end())
  }
  return {
    target: server,
    // Services are added only now: drain-server knows the calls of those that come after it.
    listen: (port) =>
      new Promise((resolve, reject) => {
        server.addService(echoService, { work, talk })
        server.bindAsync(`0.0.0.0:${port}`, ServerCredentials.createInsecure(), (error, bound) => {
          if (error === null) resolve(bound)
          else reject(error)
        })
      }),
    close: () => new Promise((resolve) => server.tryShutdown(() => resolve())),
  }
}
