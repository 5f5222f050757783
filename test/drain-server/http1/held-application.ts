import { once } from 'node:events'
import type { RequestListener, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { setImmediate as turn } from 'node:timers/promises'
import { stage } from '../in-process.ts'
import type { Stage, StageOptions } from '../in-process.ts'
import { VirtualClock } from '../virtual-clock.ts'

export interface HeldStage extends Stage {
  clock: VirtualClock
  /** The responses to /held and /stream, which nobody but the test ends; in the order of their requests. */
  held: { response: ServerResponse; end: () => void }[]
  /** Lets virtual time pass, 5 ms in each turn of the event loop. */
  pass(milliseconds: number): Promise<void>
  reaches(state: Stage['drainer']['state']): Promise<void>
  /** One of the connections has brought so many bytes, over TLS decrypted or not. */
  arrives(bytes: number): Promise<void>
  /** So many requests were given to the application. */
  hasHeld(count: number): Promise<void>
}

/**
 * A server whose time and whose responses a test has in its hand:
 * - /held gets no response, /stream only its head and a first chunk, before the test ends it; everything else is
 *   answered at once, a body as soon as it is there, or before that for /early
 */
export async function stageHeld(options: StageOptions = {}): Promise<HeldStage> {
  const clock = new VirtualClock()
  const held: HeldStage['held'] = []
  const handler: RequestListener = (request, response) => {
    const end = (): void => void response.end(`ok ${request.url}`)
    const path = request.url ?? ''
    if (path.startsWith('/stream')) response.write('begun ')
    if (/^\/(held|stream)/.test(path)) held.push({ response, end })
    else if (path.startsWith('/upload')) request.resume().on('end', end)
    else end()
  }
  const it = await stage({ clock, handler, ...options })
  const sockets: Socket[] = []
  for (const event of ['connection', 'secureConnection']) it.server.on(event, (socket: Socket) => sockets.push(socket))
  return {
    ...it,
    clock,
    held,
    async pass(milliseconds) {
      for (let passed = 0; passed < milliseconds; passed += 5) {
        await turn()
        clock.advance(5)
      }
    },
    async reaches(state) {
      while (it.drainer.state !== state) {
        await turn()
        clock.advance(5)
      }
    },
    async arrives(bytes) {
      while (!sockets.some(({ bytesRead }) => bytesRead === bytes)) await turn()
    },
    async hasHeld(count) {
      while (held.length < count) await once(it.server, 'request')
    },
  }
}
