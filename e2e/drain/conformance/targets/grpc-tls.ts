import { Server, ServerCredentials } from '@grpc/grpc-js'
import { drain } from 'drain-server'
import { addConformance } from '../application/grpc-server.ts'
import { listening, options, port, tls, withHooks } from '../application/settings.ts'

const pair = { private_key: Buffer.from(tls.key ?? ''), cert_chain: Buffer.from(tls.cert ?? '') }

const server = new Server()
withHooks(drain(server, options))
addConformance(server)
server.bindAsync(`127.0.0.1:${port}`, ServerCredentials.createSsl(null, [pair]), listening)
