import { readFileSync } from 'node:fs'
import { createServer } from 'node:https'
import { drain } from 'drain-server'

const certificate = {
  key: readFileSync(process.env['TLS_KEY'] ?? 'tls.key'),
  cert: readFileSync(process.env['TLS_CERT'] ?? 'tls.crt'),
}

const server = createServer(certificate, (request, response) => {
  const respond = (): void => void response.end(`hello over TLS from ${request.url}\n`)
  setTimeout(respond, request.url === '/slow' ? 1000 : 0)
})

drain(server)
server.listen(Number(process.env['PORT'] ?? 8443))
