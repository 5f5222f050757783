import { readFileSync } from 'node:fs'
import { Kubectl, type KubectlResult } from '../kubectl.ts'
import { readiness, script, serving } from './containers.ts'
import type { Scene } from './scene.ts'

/** A person at a terminal, in the namespace of the case. What kubectl prints is recorded with ages and names masked. */
export class Terminal {
  readonly #scene: Scene
  readonly #kubectl: Kubectl

  /** @throws Error where there is no kubectl: the case is skipped before that */
  constructor(scene: Scene) {
    const { kubectlPath, kubeconfigPath } = scene.target
    if (typeof kubectlPath !== 'string') throw new Error(kubectlPath.missing)
    this.#scene = scene
    this.#kubectl = new Kubectl({ kubectlPath, kubeconfigPath })
  }

  /** Runs kubectl and records it. */
  run(...args: string[]): Promise<KubectlResult> {
    return this.#recorded(args)
  }

  /** With something on its standard input. */
  input(text: string, ...args: string[]): Promise<KubectlResult> {
    return this.#recorded(args, text)
  }

  quietly(...args: string[]): Promise<KubectlResult> {
    return this.#kubectl.attempt(['--namespace', this.#scene.namespace, ...args])
  }

  /** Waits until a field has a value. */
  async settled(object: string, path: string, value: string): Promise<void> {
    await this.#scene.eventually(`${path} is ${value}`, async () =>
      (await this.quietly('get', object, '-o', `jsonpath=${path}`)).stdout === value ? true : undefined,
    )
  }

  /** Our custom resource, where it is not installed yet. */
  async ours(): Promise<void> {
    const crd = readFileSync(new URL('../../crds/drainkeeper.dev_drainpolicies.yaml', import.meta.url), 'utf8')
    await this.#kubectl.attempt(['apply', '--server-side', '-f', '-'], crd)
    await this.#kubectl.attempt([
      'wait',
      '--for=condition=Established',
      'crd/drainpolicies.drainkeeper.dev',
      '--timeout=20s',
    ])
    await this.#scene.eventually('it is explained', async () =>
      (await this.quietly('explain', 'drainpolicy.spec')).code === 0 ? true : undefined,
    )
  }

  /** A Deployment whose pods run, and its Service. */
  served(name: string, replicas = 2): string {
    const labels = { app: name }
    const container = script(this.#scene, serving('process.exit(0)'), {
      ...readiness,
      ports: [{ name: 'http', containerPort: 8080 }],
    })
    const logging = { ...container, command: ['node', '-e', `console.log('started');${serving('process.exit(0)')}`] }
    const template = { metadata: { labels }, spec: { automountServiceAccountToken: false, containers: [logging] } }
    const objects = [
      {
        apiVersion: 'apps/v1',
        kind: 'Deployment',
        metadata: { name },
        spec: { replicas, selector: { matchLabels: labels }, template },
      },
      {
        apiVersion: 'v1',
        kind: 'Service',
        metadata: { name },
        spec: { selector: labels, ports: [{ port: 80, targetPort: 'http' }] },
      },
    ]
    return objects.map((object) => JSON.stringify(object)).join('\n---\n')
  }

  async #recorded(args: readonly string[], input?: string): Promise<KubectlResult> {
    const result = await this.#kubectl.attempt(['--namespace', this.#scene.namespace, ...args], input)
    this.#scene.note(`kubectl ${args.join(' ')}`, {
      code: result.code,
      ...(result.stdout === '' ? {} : { stdout: this.#lines(result.stdout) }),
      ...(result.stderr === '' ? {} : { stderr: this.#lines(result.stderr) }),
    })
    return result
  }

  /** Width depends on what is masked, so every run of blanks is one. */
  #lines(text: string): string[] {
    return this.#scene.masks
      .text(text)
      .replaceAll(/(?<![\w.-])\d+(?:h|m|s|ms|d)(?:\d+(?:m|s))?(?![\w-])/g, '<age>')
      .replaceAll(/<invalid>/g, '<age>')
      .replaceAll(/pod-template-hash[=:]\s*[a-z0-9]+/g, 'pod-template-hash=<hash>')
      .replaceAll(/web-[a-z0-9]{6,10}(?=\b)/g, 'web-<hash>')
      .replaceAll(/\/tmp\/(LIVE|MERGED)-\d+\/\S+/g, '$1')
      .replaceAll(/^\s*(uid|resourceVersion|Resource Version): .*$/gm, '  $1: <any>')
      .replaceAll(/^Command failed: .*$/gm, '')
      .replaceAll(/[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} [\d:]+ [+-]\d{4}/g, '<time>')
      .replaceAll(/^(---|\+\+\+) (\S+)\t.*$/gm, '$1 $2')
      .replaceAll(/https?:\/\/<ip>:\d+/g, '<server>')
      .trimEnd()
      .split('\n')
      .map((line) => line.trimEnd().replaceAll(/[ \t]+/g, ' '))
      .filter((line) => line !== '')
  }
}
