/**
 * `npm run test:apiserver`: the tests that ask a real API server, on one that lives for as long as they run. It is alone:
 * a controller that writes to the objects in the meantime would only test our patience.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { LocalProvider } from './cluster/local/index.ts'
import { interruption } from '../src/cli/interruption.ts'

const signal = interruption()
const progress = (line: string): void => console.error(line)
const cluster = await new LocalProvider({ apiServerOnly: true }).up({ signal, progress })
try {
  const vitest = join(dirname(createRequire(import.meta.url).resolve('vitest/package.json')), 'vitest.mjs')
  const tests = ['test/contract/api-server.test.ts', 'test/config/fence.test.ts']
  const child = spawn(process.execPath, [vitest, 'run', ...tests, ...process.argv.slice(2)], {
    stdio: 'inherit',
    env: { ...process.env, CONTRACT_KUBECONFIG: cluster.kubeconfigPath, CONTRACT_KUBECTL: cluster.kubectlPath },
    signal,
  })
  const [code] = (await once(child, 'exit')) as [number | null]
  process.exitCode = code ?? 1
} finally {
  await cluster.down()
}
