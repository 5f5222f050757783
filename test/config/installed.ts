import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { type ClosableTransport, createUndiciTransport, systemClock } from '../../src/kube/index.ts'
import { loadClusterConfig } from '../../src/kube/client-node.ts'

const config = fileURLToPath(new URL('../../config', import.meta.url))
export const operator = 'system:serviceaccount:drainkeeper-system:drainkeeper'

const contentTypes = {
  strategic: 'application/strategic-merge-patch+json',
  json: 'application/json-patch+json',
  apply: 'application/apply-patch+yaml',
} as const
export type PatchType = keyof typeof contentTypes

/** What the API server answered to a patch: its status, and why not. */
export interface Patched {
  readonly status: number
  readonly message: string
}

export interface Answer {
  readonly code: number
  /** What kubectl printed, wherever it did. */
  readonly text: string
}

/** config/ on a real API server, applied as a user does it, and a way to try what drainkeeper's account may do there. */
export class Installed {
  readonly #kubectl: string
  readonly #kubeconfig: string
  readonly #transport: ClosableTransport

  private constructor(kubeconfig: string, kubectl: string) {
    this.#kubeconfig = kubeconfig
    this.#kubectl = kubectl
    const { access } = loadClusterConfig({ clock: systemClock, kubeconfig })
    this.#transport = createUndiciTransport({ access, clock: systemClock })
  }

  static async by(kubeconfig: string, kubectl: string): Promise<Installed> {
    const installed = new Installed(kubeconfig, kubectl)
    await installed.run(['apply', '-k', config])
    return installed
  }

  async remove(): Promise<void> {
    await this.run(['delete', '-k', config, '--ignore-not-found', '--wait=false'])
    await this.#transport.close()
  }

  /** @throws Error with what kubectl printed */
  async run(args: readonly string[], input?: object): Promise<string> {
    const { code, text } = await this.attempt(args, input)
    if (code !== 0) throw new Error(text)
    return text
  }

  /** A patch of a Deployment by drainkeeper's account, which changes nothing. */
  async patch(namespace: string, name: string, type: PatchType, patch: object): Promise<Patched> {
    const response = await this.#transport.request({
      method: 'PATCH',
      path: `/apis/apps/v1/namespaces/${namespace}/deployments/${name}`,
      query: { dryRun: 'All', ...(type === 'apply' ? { fieldManager: 'drainkeeper-pace' } : {}) },
      headers: { 'content-type': contentTypes[type], 'impersonate-user': operator },
      body: JSON.stringify(patch),
      verb: 'patch',
      resource: 'deployments.apps',
    })
    const { message = '' } = JSON.parse(await response.text()) as { message?: string }
    return { status: response.status, message }
  }

  attempt(args: readonly string[], input?: object): Promise<Answer> {
    return new Promise((resolve) => {
      const child = execFile(this.#kubectl, ['--kubeconfig', this.#kubeconfig, ...args], (error, stdout, stderr) => {
        resolve({ code: error === null ? 0 : 1, text: stdout + stderr })
      })
      child.stdin?.end(input === undefined ? '' : JSON.stringify(input))
    })
  }
}
