/** What many services do, and nothing else: the proof that the suite can fail. */
import { createServer } from 'node:http'
import { serve } from '../application/serve.ts'
import { listening, port } from '../application/settings.ts'
import { addUpgrades } from '../application/upgrades.ts'

const server = addUpgrades(createServer(serve))
process.on('SIGTERM', () => server.close())
server.listen(port, '127.0.0.1', listening)
