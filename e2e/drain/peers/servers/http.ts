/** `node http.ts PORT ENDING http1|h2c|h2`: answers a POST with its own body. */
import { createServer } from 'node:http'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { createServer as createHttp2Server, createSecureServer } from 'node:http2'
import type { Server as NetServer } from 'node:net'
import { buffer } from 'node:stream/consumers'
import { setTimeout as sleep } from 'node:timers/promises'
import { drain } from '../../../../src/drain-server/index.ts'
import { certificate, privateKey } from '../../../../test/drain-server/certificate.ts'
import { drainOptions, exit, portAndEnding, ready, workMs } from './application.ts'

async function echo(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const body = await buffer(request)
  await sleep(workMs())
  response.end(body)
}

const listener = (request: IncomingMessage, response: ServerResponse): void =>
  void echo(request, response).catch(() => response.destroy())

function open(protocol: string | undefined): NetServer {
  if (protocol === 'h2c') return createHttp2Server(listener as never)
  if (protocol === 'h2') return createSecureServer({ key: privateKey, cert: certificate }, listener as never)
  return createServer(listener)
}

const { port, ending } = portAndEnding()
const server = open(process.argv[4])
if (ending === 'drain-server') drain(server, drainOptions)
else process.once('SIGTERM', () => server.close(exit))
server.listen(port, '127.0.0.1', ready)
