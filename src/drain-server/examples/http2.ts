import { createServer } from 'node:http2'
import { drain } from 'drain-server'

const server = createServer((request, response) => {
  const respond = (): void => void response.end(`hello over HTTP/2 from ${request.url}\n`)
  setTimeout(respond, request.url === '/slow' ? 1000 : 0)
})

drain(server)
server.listen(Number(process.env['PORT'] ?? 8080))
