import { Client, connectivityState, credentials } from '@grpc/grpc-js'
import type { LoadSpec } from '../load-spec.ts'
import { authorityOf } from './authority.ts'
import { USER_AGENT } from './user-agent.ts'

/** A channel that can take a call, and what the call will find there. */
export interface GrpcCallSite {
  readonly client: Client
  readonly connectionId: number
  readonly reused: boolean
}

/**
 * A few channels to one address, each with a connection of its own, used in turn. What a channel does by itself (leave
 * at a GOAWAY, repeat what a server has not begun, back off from one that refuses) it does as in any other program.
 */
export class GrpcChannels {
  readonly #channels: { readonly client: Client; connectionId: number; connecting: boolean }[]
  #next = 0
  #lastId = 0

  constructor({ target, connections }: LoadSpec) {
    this.#channels = Array.from({ length: connections }, () => ({
      client: new Client(authorityOf(target), credentials.createInsecure(), {
        'grpc.primary_user_agent': USER_AGENT,
        'grpc.use_local_subchannel_pool': 1,
        'grpc.enable_http_proxy': 0,
      }),
      connectionId: 0,
      connecting: false,
    }))
  }

  next(): GrpcCallSite {
    const channel = this.#channels[this.#next++ % this.#channels.length]
    if (channel === undefined) throw new Error('there is no channel')
    const { client } = channel
    const ready = client.getChannel().getConnectivityState(false) === connectivityState.READY
    const opens = !ready && !channel.connecting
    if (opens) channel.connectionId = ++this.#lastId
    channel.connecting = !ready
    return { client, connectionId: channel.connectionId, reused: !opens }
  }

  close(): void {
    for (const { client } of this.#channels) client.close()
  }
}
