/** The server of one trial, in a process of its own: `server.ts LIBRARY PROTOCOL TERMS`. Tells its port over IPC. */
import { once } from 'node:events'
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { WebSocketServer } from 'ws'
import { application } from './application.ts'
import { libraries } from './libraries.ts'
import type { Protocol, Terms } from './libraries.ts'

// The channel must not keep a drained process alive; its end means that the client is gone.
process.channel?.unref()
process.on('disconnect', () => process.exit())

const [libraryName, protocol, terms] = process.argv.slice(2) as [string, Protocol, string]
const library = libraries.find(({ name }) => name === libraryName)
if (library === undefined) throw new Error(`no library ${libraryName}`)
const server = await library.open(protocol, application, (JSON.parse(terms) as Terms | null) ?? undefined)
if (protocol === 'http1') {
  const webSockets = new WebSocketServer({ server: server as Server })
  webSockets.on('connection', (webSocket) =>
    webSocket.on('message', (bytes, binary) => webSocket.send(bytes, { binary })),
  )
}
server.listen(0, '127.0.0.1')
await once(server, 'listening')
process.send?.({ port: (server.address() as AddressInfo).port })
