import { renameSync, writeFileSync } from 'node:fs'
import { createReflector, type KubeObject, pods, systemClock, type Transport } from '../../src/kube/index.ts'

interface Target {
  readonly namespace: string
  readonly name: string
  readonly app: string
  readonly address: string
  readonly port: number | undefined
  readonly runs: boolean
}

interface RawPod {
  spec?: { containers?: { ports?: { name?: string; containerPort: number }[] }[] }
  status?: { podIP?: string; phase?: string }
}

function project(raw: KubeObject): Target {
  const { metadata, spec, status } = raw as KubeObject & RawPod
  const ports = (spec?.containers ?? []).flatMap((container) => container.ports ?? [])
  return {
    namespace: metadata.namespace ?? '',
    name: metadata.name,
    app: metadata.labels?.['app'] ?? '',
    address: status?.podIP ?? '',
    port: ports.find((port) => port.name === 'drain')?.containerPort,
    runs: status?.phase === 'Running',
  }
}

/** Debian's Prometheus knows no Kubernetes: a watch writes down for it which pods there are, as they come and go. */
export class ScrapeTargets {
  readonly #reflector: ReturnType<typeof createReflector<Target>>
  readonly #path: string

  constructor(transport: Transport, path: string) {
    this.#path = path
    this.#reflector = createReflector({ transport, clock: systemClock, resource: pods, project })
    this.#reflector.onEvent(() => this.#write())
  }

  async start(): Promise<void> {
    this.#write()
    this.#reflector.start()
    await this.#reflector.synced
  }

  async stop(): Promise<void> {
    await this.#reflector.stop()
  }

  #write(): void {
    const groups = this.#reflector.cache
      .list()
      .filter(({ port, address, runs }) => port !== undefined && address !== '' && runs)
      .map(({ namespace, name, app, address, port }) => ({
        targets: [`${address}:${port}`],
        labels: { namespace, pod: name, app },
      }))
    // Replaced as a whole, since it is read while it is written.
    writeFileSync(`${this.#path}.draft`, JSON.stringify(groups))
    renameSync(`${this.#path}.draft`, this.#path)
  }
}
