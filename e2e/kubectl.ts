import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import type { Cluster } from './cluster/provider.ts'

const run = promisify(execFile)

export interface KubectlResult {
  code: number
  stdout: string
  stderr: string
}

/** The real kubectl, as a person uses it. */
export class Kubectl {
  readonly #cluster: Pick<Cluster, 'kubectlPath' | 'kubeconfigPath'>

  constructor(cluster: Pick<Cluster, 'kubectlPath' | 'kubeconfigPath'>) {
    this.#cluster = cluster
  }

  /** Runs kubectl and returns what came, whatever its exit code. */
  async attempt(args: readonly string[], input?: string): Promise<KubectlResult> {
    const child = run(this.#cluster.kubectlPath, ['--kubeconfig', this.#cluster.kubeconfigPath, ...args], {
      timeout: 300_000,
      maxBuffer: 64 * 1024 * 1024,
    })
    child.child.stdin?.end(input ?? '')
    try {
      const { stdout, stderr } = await child
      return { code: 0, stdout, stderr }
    } catch (error) {
      const {
        code,
        stdout = '',
        stderr = '',
        message,
      } = error as Error & { code?: number; stdout?: string; stderr?: string }
      return { code: typeof code === 'number' ? code : 1, stdout, stderr: stderr || message }
    }
  }

  /** Runs kubectl. @throws Error with its own words when it fails. */
  async run(args: readonly string[], input?: string): Promise<string> {
    const { code, stdout, stderr } = await this.attempt(args, input)
    if (code !== 0) throw new Error(`kubectl ${args.join(' ')} failed: ${stderr.trim()}`)
    return stdout
  }

  /** `kubectl apply -f -` of objects. */
  apply(...objects: readonly object[]): Promise<string> {
    return this.run(['apply', '-f', '-'], objects.map((object) => JSON.stringify(object)).join('\n---\n'))
  }
}
