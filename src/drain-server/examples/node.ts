import { createServer } from 'node:http'
import { drain } from 'drain-server'

const server = createServer((request, response) => {
  response.end(`hello from ${request.url}\n`)
})

const drainer = drain(server)
drainer.onDrain(() => console.error('the database pool would be closed here'))

server.listen(Number(process.env['PORT'] ?? 8080))
