/**
 * `node --import drain-server/register app.js` drains an unmodified application. Its options are the DRAIN_*
 * environment variables. Only the main thread listens to signals, so only it is registered.
 */
import cluster from 'node:cluster'
import { isMainThread } from 'node:worker_threads'
import { inCluster } from './cluster/member.ts'
import { adoptApplication } from './register/adopt-application.ts'
import { processSurroundings } from './surroundings.ts'

if (isMainThread) adoptApplication(process, cluster, inCluster(processSurroundings))
