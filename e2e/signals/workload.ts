/** A program: a server under drain-server that answers 500 on /bad and 200 elsewhere. Prints a line when it listens. */
import { createServer } from 'node:http'
import { drain } from '../../src/drain-server/index.ts'

const server = createServer((request, response) => {
  response.writeHead(request.url === '/bad' ? 500 : 200).end('ok\n')
})
drain(server)
server.listen(Number(process.env['PORT']), '127.0.0.1', () => console.log('listening'))
