import { type ChildProcess, fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { isPaced } from '../plan/draw-plan.ts'
import type { SeedResult } from './trial.ts'
import type { Answer, Task } from './worker.ts'

const worker = fileURLToPath(new URL('worker.ts', import.meta.url))
const register = new URL('../mutants/register.ts', import.meta.url).href
/** Seeds that a worker gets at a time. */
const portion = 5
/** After so many a worker is replaced: processes that are killed in a history leave memory behind (node keeps composite signals). */
const portionsOfWorker = 20

export interface PoolOptions {
  from: number
  count: number
  workers: number
  /** By name: a broken operator instead of ours. */
  mutant?: string
  /** Only seeds whose policies pace rollouts, as many of them as `count` says. @default false */
  paced?: boolean
  /** The plans of the crash matrix instead of seeds; by one process. @default false */
  matrix?: boolean
  /** Return false to stop. */
  onResult: (result: SeedResult) => boolean
  signal?: AbortSignal
}

/** Tries seeds in processes of their own. Resolves when all are tried, or when it was stopped. */
export async function trySeeds(options: PoolOptions): Promise<void> {
  const { from, count, mutant, paced = false, matrix = false, onResult, signal } = options
  const workers = matrix ? 1 : options.workers
  let isMatrixLeft = matrix
  let next = from
  let left = count
  let stopped = false
  const children: ChildProcess[] = []
  const stop = (): void => {
    stopped = true
    for (const child of children) child.kill()
  }
  signal?.addEventListener('abort', stop, { once: true })
  const take = (): number[] => {
    const seeds: number[] = []
    for (; left > 0 && seeds.length < portion; next += 1) {
      if (paced && !isPaced(next)) continue
      seeds.push(next)
      left -= 1
    }
    return seeds
  }
  const run = (): Promise<void> =>
    new Promise((resolve, reject) => {
      const child = fork(worker, {
        execArgv: mutant === undefined ? [] : ['--import', register],
        env: { ...process.env, ...(mutant === undefined ? {} : { SIMULATION_MUTANT: mutant }) },
      })
      children.push(child)
      let portions = 0
      let isWorn = false
      const feed = (): void => {
        isWorn = portions === portionsOfWorker && left > 0
        portions += 1
        if (isWorn) {
          child.kill()
          return
        }
        const task: Task = stopped ? [] : isMatrixLeft ? 'matrix' : matrix ? [] : take()
        isMatrixLeft = false
        if (task.length === 0) child.kill()
        else child.send(task)
      }
      child.on('message', (message: Answer) => {
        if (message === 'done') feed()
        else if (!stopped && !onResult(message)) stop()
      })
      child.on('error', reject)
      child.on('exit', (code, signalName) => {
        if (isWorn && !stopped) resolve(run())
        else if (signalName !== null || code === 0) resolve()
        else reject(new Error(`a worker ended with ${code}`))
      })
      feed()
    })
  await Promise.all(Array.from({ length: Math.min(workers, Math.ceil(count / portion)) }, run))
  signal?.removeEventListener('abort', stop)
}
