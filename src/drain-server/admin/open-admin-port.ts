import { once } from 'node:events'
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { claim } from '../adapters/adopted.ts'
import type { Logger } from '../logger.ts'

/**
 * Listens with the admin server. A port that is taken must not take the application down: kubelet's probes will tell.
 * @returns undefined when it cannot listen
 */
export async function openAdminPort(
  server: Server,
  address: { port: number; host: string | undefined },
  logger: Logger,
): Promise<AddressInfo | undefined> {
  try {
    // It is our own: register must not take it for a server of the application.
    claim(server)
    server.listen(address.port, address.host)
    await once(server, 'listening')
    return server.address() as AddressInfo
  } catch (error) {
    logger.error({ ...address, error: String(error) }, 'the admin port cannot be opened')
    return undefined
  }
}

export async function closeAdminPort(server: Server | false): Promise<void> {
  if (server === false || !server.listening) return
  server.close()
  server.closeAllConnections()
  await once(server, 'close')
}
