/** A drain-server of its own `idleGraceMs`, in a process of its own: `idle-grace-server.ts IDLE_GRACE_MS DELAY_MS`. */
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { drain } from '../../../src/drain-server/index.ts'
import { application } from './application.ts'

// The channel must not keep a drained process alive; its end means that the client is gone.
process.channel?.unref()
process.on('disconnect', () => process.exit())

const [idleGraceMs, delayMs] = process.argv.slice(2).map(Number) as [number, number]
const server = createServer(application)
// Clients that pause for long stay: what ends their connections is the drain.
server.keepAliveTimeout = 60_000
drain(server, { idleGraceMs, delaySeconds: delayMs / 1000, admin: { port: 0 }, terminationMessagePath: false })
server.listen({ port: 0, host: '127.0.0.1', backlog: 4096 })
await once(server, 'listening')
process.send?.({ port: (server.address() as AddressInfo).port })
