import { createServer } from 'node:http'
import { drain } from 'drain-server'

const server = createServer((_request, response) => {
  response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-cache' })
  let id = 0
  const tick = setInterval(() => response.write(`id: ${(id += 1)}\ndata: tick\n\n`), 100)
  response.on('close', () => clearInterval(tick))
})

drain(server)
server.listen(Number(process.env['PORT'] ?? 8080))
