/**
 * The workload everybody has: on SIGTERM it stops listening at once, waits for its connections, and exits; after 30 s
 * it exits in any case. Requests that the cluster still routes to it meanwhile are lost.
 */
import { type ApplicationState, createApplication, listen } from './application.ts'

const FORCED_EXIT_MS = 30_000

const state: ApplicationState = { shuttingDown: false }
const server = createApplication(state)
listen(server)

process.on('SIGTERM', () => {
  state.shuttingDown = true
  server.close(() => process.exit(0))
  setTimeout(() => process.exit(1), FORCED_EXIT_MS)
})
