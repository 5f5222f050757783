/** The gRPC service of the lab, for both sides. Messages are JSON: nothing is read from disk, nothing is generated. */
import type { MethodDefinition } from '@grpc/grpc-js'

/** Asks for work; the answer says who did it. */
export interface WorkRequest {
  readonly ms: number
}

/** One message of a conversation, which comes back as it is. */
export interface Message {
  readonly number: number
}

/** Metadata of every answer: the name of the pod. */
export const POD_METADATA = 'x-pod'

function method<Request, Response>(name: string, streams: boolean): MethodDefinition<Request, Response> {
  return {
    path: `/drainkeeper.lab.Echo/${name}`,
    requestStream: streams,
    responseStream: streams,
    requestSerialize: toBytes,
    requestDeserialize: (bytes) => JSON.parse(bytes.toString()) as Request,
    responseSerialize: toBytes,
    responseDeserialize: (bytes) => JSON.parse(bytes.toString()) as Response,
  }
}

const toBytes = (value: unknown): Buffer => Buffer.from(JSON.stringify(value))

export const echoService = {
  work: method<WorkRequest, { readonly pod: string }>('Work', false),
  talk: method<Message, Message>('Talk', true),
}
