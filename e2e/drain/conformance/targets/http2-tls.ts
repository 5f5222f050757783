import { createSecureServer } from 'node:http2'
import { drain } from 'drain-server'
import { serve } from '../application/serve.ts'
import { listening, options, port, tls, withHooks } from '../application/settings.ts'

const server = createSecureServer({ ...tls, allowHTTP1: true }, serve)
withHooks(drain(server, options))
server.listen(port, '127.0.0.1', listening)
