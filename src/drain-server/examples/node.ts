import { createServer } from 'node:http'
import { drain } from 'drain-server'

const server = createServer((request, response) => {
  const respond = (): void => void response.end(`hello from ${request.url}\n`)
  setTimeout(respond, request.url === '/slow' ? 1000 : 0)
})

const drainer = drain(server)
drainer.onDrain(() => console.error('the database pool would be closed here'))

server.listen(Number(process.env['PORT'] ?? 8080))
