/** An application that knows nothing of drains: `node --import drain-server/register` adopts it. */
import { createServer } from 'node:http'
import { serve } from '../application/serve.ts'
import { addUpgrades } from '../application/upgrades.ts'

const server = addUpgrades(createServer(serve))
server.listen(Number(process.env['PORT']), '127.0.0.1', () => console.log('listening'))
