/**
 * The server of one repetition, in a process of its own. Its argument is the JSON of its drain options; on stdout it
 * tells its port, and its report at the end.
 */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { drain } from '../../../src/drain-server/index.ts'

/** Takes as long as the client asks for, so that requests are in flight whenever a drain begins. */
const server = createServer((request, response) => {
  setTimeout(() => response.end('ok'), Number(request.url?.slice(1)))
})
// Its other end closes when the run is gone, however it went: nobody is left to drain this process.
process.stdin.on('end', () => process.exit(1)).resume()
drain(server, { admin: false, terminationMessagePath: false, ...JSON.parse(process.argv[2] ?? '{}') })
server.listen(0, '127.0.0.1', () => process.stdout.write(`${(server.address() as AddressInfo).port}\n`))
