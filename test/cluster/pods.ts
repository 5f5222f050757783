import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import type { ContainerStart, RunningContainer } from '../../src/cluster/index.ts'
import { type NetworkMode, openNetwork, type ProcessNetwork } from '../../src/cluster/network/index.ts'
import { ProcessRuntime } from '../../src/cluster/runtime/index.ts'
import { systemClock } from '../../src/kube/index.ts'

/** A network and a runtime for real processes, gone when the test is over. */
export async function machine(mode?: NetworkMode): Promise<Machine> {
  const folder = mkdtempSync(join(tmpdir(), 'pods-test-'))
  const network = await openNetwork({ clock: systemClock, folder, ...(mode === undefined ? {} : { mode }) })
  const runtime = new ProcessRuntime({
    images: { node: { command: [process.execPath], env: { IMAGE: 'node' } } },
    podEnvironment: (podIp) => network.environment(podIp),
  })
  onTestFinished(async () => {
    await runtime.close()
    await network.close()
    rmSync(folder, { recursive: true, force: true })
  })
  return { network, runtime, run: (program, start) => run({ network, runtime }, program, start) }
}

export interface Machine {
  readonly network: ProcessNetwork
  readonly runtime: ProcessRuntime
  /** Runs a JavaScript program in a pod of its own. */
  readonly run: (program: string, start?: Partial<ContainerStart>) => Promise<RunningContainer & { podIp: string }>
}

let pods = 0

async function run(
  { network, runtime }: Pick<Machine, 'network' | 'runtime'>,
  program: string,
  start: Partial<ContainerStart> = {},
): Promise<RunningContainer & { podIp: string }> {
  pods += 1
  const podIp = start.podIp ?? network.allocate('node-1')
  const container = await runtime.start({
    podUid: `uid-${pods}`,
    podName: `pod-${pods}`,
    namespace: 'default',
    container: 'app',
    image: 'node',
    args: ['-e', program],
    env: {},
    podIp,
    terminationMessagePath: '/dev/termination-log',
    ...start,
  })
  return Object.assign(container, { podIp })
}

/** Resolves once the container has written this; rejects when it has ended without. */
export async function written(container: RunningContainer, text: string): Promise<void> {
  let ended = false
  void container.exited.then(() => (ended = true))
  while (!container.logs().includes(text)) {
    if (ended && !container.logs().includes(text)) throw new Error(`it ended, and wrote only: ${container.logs()}`)
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
}
