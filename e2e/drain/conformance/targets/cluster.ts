import cluster from 'node:cluster'
import { createServer } from 'node:http'
import { drain, drainCluster } from 'drain-server'
import { serve } from '../application/serve.ts'
import { listening, options, port, withHooks } from '../application/settings.ts'
import { addUpgrades } from '../application/upgrades.ts'

const workers = 2

if (cluster.isPrimary) {
  drainCluster(options)
  let awaited = workers
  cluster.on('listening', () => {
    awaited -= 1
    if (awaited === 0) listening()
  })
  for (let worker = 0; worker < workers; worker += 1) cluster.fork()
} else {
  const server = addUpgrades(createServer(serve))
  withHooks(drain(server, options))
  server.listen(port, '127.0.0.1')
}
