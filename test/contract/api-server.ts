import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { promisify } from 'node:util'
import { FIELD_MANAGER, type Plan, planPatch, planRelease, projectDeployment } from '../../src/contract/index.ts'
import { REQUEST, type Step } from './case.ts'

const run = promisify(execFile)

export interface Answer {
  status: number
  body: { message?: string }
}

/** A real API server, reached through `kubectl proxy`, with one namespace per case. */
export class ApiServer implements AsyncDisposable {
  readonly #kubectl: string
  readonly #kubeconfig: string
  readonly #proxy: ReturnType<typeof spawn>
  readonly #url: string
  /** The templates that each namespace's Deployment has had, oldest first. */
  readonly #templates = new Map<string, unknown[]>()

  static async open(kubeconfig: string, kubectl: string): Promise<ApiServer> {
    const proxy = spawn(kubectl, ['--kubeconfig', kubeconfig, 'proxy', '--port=0', '--reject-paths=^$'], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    for await (const line of createInterface({ input: proxy.stdout })) {
      const address = /127\.0\.0\.1:\d+/.exec(line)?.[0]
      if (address !== undefined) return new ApiServer(kubeconfig, kubectl, proxy, `http://${address}`)
    }
    throw new Error('kubectl proxy ended without an address')
  }

  private constructor(kubeconfig: string, kubectl: string, proxy: ReturnType<typeof spawn>, url: string) {
    this.#kubeconfig = kubeconfig
    this.#kubectl = kubectl
    this.#proxy = proxy
    this.#url = url
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const ended = once(this.#proxy, 'exit')
    this.#proxy.kill()
    await ended
  }

  async createNamespace(): Promise<string> {
    const { stdout } = await this.#run([], ['create', '-f', '-', '-o', 'name'], {
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: { generateName: 'contract-' },
    })
    return stdout.trim().split('/')[1] ?? ''
  }

  async deleteNamespace(namespace: string): Promise<void> {
    await this.#run([], ['delete', 'namespace', namespace, '--wait=false'])
  }

  async read(namespace: string): Promise<Record<string, unknown>> {
    const response = await fetch(this.#path(namespace))
    return (await response.json()) as Record<string, unknown>
  }

  /** A server-side apply by the raw API, as the operator does it. */
  async apply(namespace: string, body: object, force: boolean, dryRun = false): Promise<Answer> {
    const query = `fieldManager=${FIELD_MANAGER}&force=${force}${dryRun ? '&dryRun=All' : ''}`
    const response = await fetch(`${this.#path(namespace)}?${query}`, {
      method: 'PATCH',
      headers: { 'content-type': 'application/apply-patch+yaml' },
      body: JSON.stringify(body),
    })
    return { status: response.status, body: (await response.json()) as Answer['body'] }
  }

  async carryOut(namespace: string, plan: Plan): Promise<Answer> {
    return this.apply(namespace, plan.body ?? {}, plan.force)
  }

  /** @throws Error with kubectl's message when the API server refuses */
  async take(namespace: string, step: Step): Promise<void> {
    await this.#take(namespace, step)
    const { spec } = (await this.read(namespace)) as { spec: { template: unknown } }
    const templates = this.#templates.get(namespace) ?? []
    this.#templates.set(namespace, templates)
    if (JSON.stringify(spec.template) !== JSON.stringify(templates.at(-1))) templates.push(spec.template)
  }

  async #take(namespace: string, step: Step): Promise<void> {
    const scope = ['-n', namespace]
    if ('kubectlApply' in step) {
      const manager = step.manager === undefined ? [] : [`--field-manager=${step.manager}`]
      await this.#run(scope, ['apply', ...manager, '-f', '-'], step.kubectlApply)
    } else if ('serverSideApply' in step) {
      const force = step.force === true ? ['--force-conflicts'] : []
      await this.#run(
        scope,
        ['apply', '--server-side', `--field-manager=${step.manager}`, ...force, '-f', '-'],
        step.serverSideApply,
      )
    } else if ('create' in step) {
      await this.#run(scope, ['create', `--field-manager=${step.manager}`, '-f', '-'], step.create)
    } else if ('ours' in step) {
      const plan = planPatch(projectDeployment(await this.read(namespace)), { ...REQUEST, ...step.ours })
      const { status, body } = await this.carryOut(namespace, plan)
      if (status !== 200) throw new Error(`${status} ${body.message}`)
    } else if ('release' in step) {
      await this.carryOut(namespace, planRelease(projectDeployment(await this.read(namespace))))
    } else if ('undo' in step) {
      await this.#undo(namespace, this.#templates.get(namespace)?.at(-1 - step.undo))
    } else if ('wipeOwnership' in step) {
      await this.#wipeOwnership(namespace, step.wipeOwnership === 'all but ours')
    } else {
      await this.#patch(scope, 'strategic', step.strategicPatch, step.manager)
    }
  }

  /** The request of kubectl's rollback: no field manager, so that the API server takes it from the user agent. */
  async #undo(namespace: string, value: unknown): Promise<void> {
    const response = await fetch(this.#path(namespace), {
      method: 'PATCH',
      headers: { 'content-type': 'application/json-patch+json', 'user-agent': 'kubectl/v1.36.3 (linux/amd64)' },
      body: JSON.stringify([{ op: 'replace', path: '/spec/template', value }]),
    })
    if (!response.ok) throw new Error(`${response.status} ${await response.text()}`)
  }

  async #wipeOwnership(namespace: string, keepOurs: boolean): Promise<void> {
    const { metadata } = (await this.read(namespace)) as { metadata: { managedFields: { manager: string }[] } }
    const kept = metadata.managedFields.filter(({ manager }) => keepOurs && manager === FIELD_MANAGER)
    const value = kept.length > 0 ? kept : [{}]
    await this.#patch(['-n', namespace], 'json', [{ op: 'replace', path: '/metadata/managedFields', value }], 'cleaner')
  }

  async #patch(scope: readonly string[], type: string, patch: object, manager: string): Promise<void> {
    const options = [`--field-manager=${manager}`, `--type=${type}`, '-p', JSON.stringify(patch)]
    await this.#run(scope, ['patch', 'deployment', 'checkout', ...options])
  }

  #path(namespace: string): string {
    return `${this.#url}/apis/apps/v1/namespaces/${namespace}/deployments/checkout`
  }

  async #run(scope: readonly string[], command: readonly string[], input?: object): Promise<{ stdout: string }> {
    const running = run(this.#kubectl, ['--kubeconfig', this.#kubeconfig, ...scope, ...command])
    running.child.stdin?.end(input === undefined ? '' : JSON.stringify(input))
    return running
  }
}
