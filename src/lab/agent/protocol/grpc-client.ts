import { Metadata, status, type StatusObject } from '@grpc/grpc-js'
import { echoService, POD_METADATA } from '../../workloads/echo-service.ts'
import type { LoadSpec } from '../load-spec.ts'
import type { Client, ClientSurroundings } from './client.ts'
import { Conversation, type Line, type LineEnd, type LineEvents } from './conversation.ts'
import { conversationShape } from './conversation-shape.ts'
import { type GrpcCallSite, GrpcChannels } from './grpc-channels.ts'

/** How drain-server ends a stream that was marked by endOnDrain: its client should come back. */
const DRAINING = 'the server is draining'
const OK: number = status.OK
const UNAVAILABLE: number = status.UNAVAILABLE

/** gRPC's unary calls. A status other than OK is the kind of the loss: `UNAVAILABLE`, `CANCELLED` ... */
export function grpcUnaryClient(spec: LoadSpec): Client {
  const { work } = echoService
  const channels = new GrpcChannels(spec)
  const calls = new Set<{ cancel(): void }>()
  return {
    begin(settle) {
      const { client, connectionId, reused } = channels.next()
      let pod: string | null = null
      const call = client.makeUnaryRequest(
        work.path,
        work.requestSerialize,
        work.responseDeserialize,
        { ms: spec.workMs },
        new Metadata(),
        { deadline: Date.now() + spec.timeoutMs },
        (error) => {
          calls.delete(call)
          settle(error === null ? { status: 200, pod } : { errorCode: nameOf(error.code), pod })
        },
      )
      call.once('metadata', (metadata: Metadata) => (pod = podIn(metadata)))
      calls.add(call)
      return { connectionId, reused, cancel: () => call.cancel() }
    },
    close: () => channels.close(),
    abort() {
      for (const call of calls) call.cancel()
      channels.close()
    },
  }
}

/** gRPC's bidirectional streams: each attempt is a conversation. */
export function grpcStreamClient(spec: LoadSpec, surroundings: ClientSurroundings): Client {
  const channels = new GrpcChannels(spec)
  const open = new Set<Conversation>()
  return {
    begin(settle) {
      const conversation = new Conversation(
        (events) => grpcLine(channels.next(), events),
        conversationShape(spec),
        surroundings,
        (outcome) => {
          open.delete(conversation)
          settle(outcome)
        },
      )
      open.add(conversation)
      const { connectionId, reused } = conversation.line
      return { connectionId, reused, cancel: () => conversation.cancel() }
    },
    close: () => channels.close(),
    abort() {
      for (const conversation of open) conversation.cancel()
      channels.close()
    },
  }
}

function grpcLine({ client, connectionId, reused }: GrpcCallSite, events: LineEvents): Line {
  const { talk } = echoService
  const call = client.makeBidiStreamRequest(talk.path, talk.requestSerialize, talk.responseDeserialize, new Metadata())
  let finishing = false
  call.once('metadata', (metadata: Metadata) => {
    const pod = podIn(metadata)
    if (pod !== null) events.pod(pod)
  })
  call.on('data', ({ number }: { number: number }) => events.heard(number))
  // The status says the same.
  call.on('error', () => {})
  call.once('status', ({ code, details }: StatusObject) => events.over(endOf(code, details, finishing)))
  return {
    connectionId,
    reused,
    say: (number) => void call.write({ number }),
    finish() {
      finishing = true
      call.end()
    },
    cut: () => call.cancel(),
  }
}

function endOf(code: number, details: string, finishing: boolean): LineEnd {
  if (code === OK) return { kind: finishing ? 'finished' : 'goodbye' }
  if (code === UNAVAILABLE && details === DRAINING) return { kind: 'goodbye' }
  return { kind: 'broken', errorCode: nameOf(code) }
}

const nameOf = (code: number): string => status[code] ?? `GRPC_${code}`

function podIn(metadata: Metadata): string | null {
  const [pod] = metadata.get(POD_METADATA)
  return typeof pod === 'string' ? pod : null
}
