import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { ApiServer } from './api-proxy.ts'
import type { Program, Programs } from './programs.ts'
import { ready } from './ready.ts'

export interface OperatorOptions {
  readonly programs: Programs
  /** The bundled program, as the image has it. */
  readonly bundle: string
  readonly node: string
  readonly address: string
  readonly port: number
  /** The API server, or a proxy in front of it. */
  readonly apiServer: Pick<ApiServer, 'url'> & Partial<ApiServer>
  /** Of the service account `drainkeeper`: its rights and its fence are those of an installed operator. */
  readonly token: string
  readonly endpointsFile: string
  /** Only this namespace, and without a lease: several operators can be tried at once. @default all, with the lease */
  readonly namespace?: string
}

/** An operator in a node's network, as the service account that config/ gives it. */
export class OperatorProcess {
  readonly #options: OperatorOptions
  readonly #kubeconfig: string
  #program: Program | undefined
  #starts = 0

  constructor(options: OperatorOptions) {
    this.#options = options
    const { apiServer, token, programs, port } = options
    // The proxy of this run speaks plain HTTP, on a link that nobody else is on.
    const trust =
      apiServer.ca === undefined
        ? { 'insecure-skip-tls-verify': true }
        : { 'certificate-authority-data': Buffer.from(apiServer.ca).toString('base64') }
    this.#kubeconfig = join(programs.folder, `operator-${port}.kubeconfig`)
    const kubeconfig = {
      apiVersion: 'v1',
      kind: 'Config',
      clusters: [{ name: 'e2e', cluster: { server: apiServer.url, ...trust } }],
      users: [{ name: 'drainkeeper', user: { token } }],
      contexts: [{ name: 'e2e', context: { cluster: 'e2e', user: 'drainkeeper' } }],
      'current-context': 'e2e',
    }
    writeFileSync(this.#kubeconfig, JSON.stringify(kubeconfig), { mode: 0o600 })
  }

  get running(): boolean {
    return this.#program?.running === true
  }

  get starts(): number {
    return this.#starts
  }

  async start(): Promise<void> {
    const { programs, bundle, node, address, port, namespace, endpointsFile } = this.#options
    this.#starts += 1
    const which = namespace === undefined ? [] : [`--namespace=${namespace}`, '--no-leader-election']
    this.#program = await programs.start(
      `operator-${port}`,
      node,
      [process.execPath, bundle, `--kubeconfig=${this.#kubeconfig}`, `--port=${port}`, ...which],
      { POD_NAMESPACE: 'drainkeeper-system', POD_NAME: `operator-${port}`, ENDPOINTS_FILE: endpointsFile },
    )
    await ready('the operator', `http://${address}:${port}/readyz`, this.#program)
  }

  /** kill -9. */
  async kill(): Promise<void> {
    await this.#program?.end('SIGKILL')
  }

  async stop(): Promise<void> {
    await this.#program?.end('SIGTERM')
  }

  log(): string {
    return this.#program?.log() ?? ''
  }

  async metrics(): Promise<string> {
    const { address, port } = this.#options
    return (await fetch(`http://${address}:${port}/metrics`)).text()
  }
}
