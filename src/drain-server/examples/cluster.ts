import cluster from 'node:cluster'
import { createServer } from 'node:http'
import { availableParallelism } from 'node:os'
import { drain, drainCluster } from 'drain-server'

if (cluster.isPrimary) {
  drainCluster()
  for (let worker = 0; worker < availableParallelism(); worker += 1) cluster.fork()
  cluster.on('exit', () => cluster.fork())
} else {
  const server = createServer((request, response) => {
    const respond = (): void => void response.end(`hello from ${request.url}\n`)
    setTimeout(respond, request.url === '/slow' ? 1000 : 0)
  })
  drain(server)
  server.listen(Number(process.env['PORT'] ?? 8080))
}
