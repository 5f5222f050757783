import { createServer } from 'node:https'
import { drain } from 'drain-server'
import { serve } from '../application/serve.ts'
import { listening, options, port, tls, withHooks } from '../application/settings.ts'
import { addUpgrades } from '../application/upgrades.ts'

const server = addUpgrades(createServer(tls, serve))
withHooks(drain(server, options))
server.listen(port, '127.0.0.1', listening)
