import { fork } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { TrialReply, TrialRequest } from './client.ts'

const clientFile = fileURLToPath(new URL('client.ts', import.meta.url))

/** Client processes, each with one trial at a time: trials mostly wait, so that several fit on a processor. */
export class ClientPool {
  readonly #clients: ChildProcess[]

  constructor(size: number) {
    this.#clients = Array.from({ length: size }, () =>
      fork(clientFile, { stdio: ['ignore', 'ignore', 'inherit', 'ipc'], env: { ...process.env, NODE_OPTIONS: '' } }),
    )
  }

  /** Runs the trials in their order, as clients become free. */
  async run(
    requests: readonly TrialRequest[],
    done: (request: TrialRequest, reply: TrialReply) => void,
    stop: AbortSignal,
  ): Promise<void> {
    const queue = [...requests]
    const work = async (client: ChildProcess): Promise<void> => {
      for (let request = queue.shift(); request !== undefined; request = queue.shift()) {
        client.send(request)
        const [reply] = (await once(client, 'message', { signal: stop })) as [TrialReply]
        done(request, reply)
      }
    }
    await Promise.all(this.#clients.map(work))
  }

  /** A client whose channel is gone ends its server, then itself. */
  close(): void {
    for (const client of this.#clients) if (client.connected) client.disconnect()
  }
}
