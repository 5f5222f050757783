import { createServer } from 'node:http2'
import { drain } from 'drain-server'
import { serve } from '../application/serve.ts'
import { listening, options, port, withHooks } from '../application/settings.ts'

const server = createServer(serve)
withHooks(drain(server, options))
server.listen(port, '127.0.0.1', listening)
