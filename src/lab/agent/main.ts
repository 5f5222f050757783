/**
 * The lab's agent: one process on each node's own network that sends load and probes, and keeps a record of each
 * request. Bundles into one file; needs only Node.
 *
 * | environment | meaning | default |
 * |---|---|---|
 * | AGENT_PORT | port of the control API; 0 takes a free one | 9920 |
 * | AGENT_HOST | address the control API listens on | all |
 * | AGENT_ALLOWED_TARGETS | `host:port` values, separated by commas, that load may go to | none |
 * | NODE_NAME | the node, as named in health and records | the host's name |
 *
 * Prints one JSON line when it listens. SIGTERM ends every run and exits with 0.
 */
import type { AddressInfo } from 'node:net'
import { hostname } from 'node:os'
import { Agent } from './agent.ts'
import { systemClock } from './clock.ts'
import { createAgentServer } from './http-api.ts'

const { AGENT_PORT = '9920', AGENT_HOST = '::', AGENT_ALLOWED_TARGETS = '', NODE_NAME = hostname() } = process.env
const allowedTargets = AGENT_ALLOWED_TARGETS.split(',')
  .map((target) => target.trim())
  .filter((target) => target !== '')

const agent = new Agent({ node: NODE_NAME, allowedTargets, clock: systemClock })
const server = createAgentServer(agent)

function stop(): void {
  agent.abort()
  server.close(() => process.exit(0))
  server.closeAllConnections()
}
process.once('SIGTERM', stop)
process.once('SIGINT', stop)

server.listen(Number(AGENT_PORT), AGENT_HOST, () => {
  const { port } = server.address() as AddressInfo
  console.log(JSON.stringify({ listening: port, node: NODE_NAME, allowedTargets }))
})
