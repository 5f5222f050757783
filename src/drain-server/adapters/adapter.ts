import type { Server as NetServer } from 'node:net'
import type { Clock } from '../clock.ts'
import type { DrainHook, HookOptions } from '../process/hooks.ts'
import type { Protocol } from '../protocol/protocol.ts'

/** What an adapter does with the parts of its framework. */
export interface Adoption {
  /**
   * Drains this server. It may come late, such as when the framework makes it at listen.
   * @param clientsRepeat whether its clients repeat a refused HTTP/2 stream by themselves; default false
   */
  adopt: (server: NetServer, clientsRepeat?: boolean) => void
  /** Takes part in the drain beside the servers, for what a framework knows of its requests and they do not. */
  join: (member: Protocol) => void
  /** Runs when the listener is closed and no request is left: the framework's own close, so that its hooks run. */
  onDrain: (hook: DrainHook, options?: HookOptions) => void
  clock: Clock
}

/**
 * Recognises what a framework calls its application, by its shape (drain-server depends on no framework), and hands
 * over the servers in it.
 * @returns whether the target was of this framework
 */
export type Adapter = (target: object, adoption: Adoption) => boolean
