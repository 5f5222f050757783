// node --import drain-server/register register.ts
import { createServer } from 'node:http'

const server = createServer((request, response) => {
  const respond = (): void => void response.end(`hello from ${request.url}\n`)
  setTimeout(respond, request.url === '/slow' ? 1000 : 0)
})

server.listen(Number(process.env['PORT'] ?? 8080))

// Held back until no request is left: then it runs as it stands.
process.on('SIGTERM', () => {
  server.close((error) => {
    console.error('the database pool would be closed here')
    process.exit(error === undefined ? 0 : 1)
  })
})
