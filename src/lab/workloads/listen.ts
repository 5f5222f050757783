import { once } from 'node:events'
import type { Server } from 'node:net'

/** Listens on every address; resolves with the port. */
export async function listenOn(server: Server, port: number): Promise<number> {
  server.listen(port)
  await once(server, 'listening')
  const address = server.address()
  return typeof address === 'object' && address !== null ? address.port : port
}
