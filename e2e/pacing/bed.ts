import { writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { join } from 'node:path'
import { parseAllDocuments } from 'yaml'
import { bundle } from '../../scripts/build.ts'
import { loadClusterConfig } from '../../src/kube/client-node.ts'
import { type ClosableTransport, createUndiciTransport, systemClock } from '../../src/kube/index.ts'
import { AgentClient } from '../../src/lab/index.ts'
import { operatorNamespace } from '../../src/lab/stage/index.ts'
import type { Cluster, ClusterProvider } from '../cluster/provider.ts'
import { programImage } from '../images.ts'
import { Kubectl } from '../kubectl.ts'
import { accessOf, type ClusterAccess } from './cluster-access.ts'
import { faults, FaultyPrometheus } from './faulty-prometheus.ts'
import { OperatorProcess } from './operator.ts'
import { Programs } from './programs.ts'
import { type RunningPrometheus, startPrometheus } from './prometheus.ts'
import { ready } from './ready.ts'
import { ScrapeTargets } from './scrape-targets.ts'

const config = fileURLToPath(new URL('../../config', import.meta.url))
const agentPort = 9920
/** Services that scenarios may have at a time: the agents send to no other address. */
const serviceCount = 100
const firstOperatorPort = 8100

export interface BedOptions {
  readonly provider: ClusterProvider
  readonly signal: AbortSignal
  readonly progress: (line: string) => void
}

/** A cluster with everything that a paced rollout needs around it, but no operator yet. */
export class Bed {
  readonly cluster: Cluster
  readonly access: ClusterAccess
  readonly kubectl: Kubectl
  readonly transport: ClosableTransport
  readonly programs: Programs
  readonly signal: AbortSignal
  readonly progress: (line: string) => void
  readonly operators: OperatorProcess[] = []
  agents: AgentClient[] = []
  image = ''
  faulty: FaultyPrometheus | undefined
  prometheus: RunningPrometheus | undefined
  #bundle = ''
  #token = ''
  #services = 0
  #targets: ScrapeTargets | undefined

  private constructor(cluster: Cluster, { signal, progress }: BedOptions) {
    this.cluster = cluster
    this.signal = signal
    this.progress = progress
    this.access = accessOf(cluster)
    this.kubectl = new Kubectl(cluster)
    this.programs = new Programs(cluster)
    const { access } = loadClusterConfig({ clock: systemClock, kubeconfig: cluster.kubeconfigPath })
    this.transport = createUndiciTransport({ access, clock: systemClock, userAgent: 'drainkeeper-e2e' })
  }

  /** Ends what was started when anything fails. */
  static async up(options: BedOptions): Promise<Bed> {
    const cluster = await options.provider.up(options)
    let bed: Bed | undefined
    try {
      bed = new Bed(cluster, options)
      await bed.#furnish()
      return bed
    } catch (error) {
      if (bed === undefined) await cluster.down()
      else await bed.down()
      throw error
    }
  }

  async #furnish(): Promise<void> {
    const { access, programs, progress } = this
    const node = this.cluster.nodes[0] ?? ''
    progress('building the programs')
    this.#bundle = await bundle('operator')
    const agent = await bundle('agent')
    this.image = await this.cluster.loadImage(await programImage('drained'))
    progress('installing what config/ says, without the operator itself')
    await this.#install()
    this.#token = (
      await this.kubectl.run(['-n', operatorNamespace, 'create', 'token', 'drainkeeper', '--duration=3h'])
    ).trim()
    progress('starting Prometheus and an agent on each node')
    const targetsFile = join(programs.folder, 'targets.json')
    this.#targets = new ScrapeTargets(this.transport, targetsFile)
    await this.#targets.start()
    this.prometheus = await startPrometheus({ programs, node, address: access.node(1), targetsFile })
    const { server, urls } = await FaultyPrometheus.listen(access.host)
    this.faulty = server
    writeFileSync(this.endpointsFile, JSON.stringify(this.#endpoints(urls)))
    this.agents = await Promise.all(this.cluster.nodes.map((name, index) => this.#startAgent(agent, name, index + 1)))
  }

  /** Which servers there are, as the administrator's file says it. */
  #endpoints(urls: ReadonlyMap<string, string>): object {
    return {
      // Pods are scraped each second, from some time after the watch has told of them on.
      main: { url: this.prometheus?.url, ownQueries: true, lagSeconds: 5 },
      ...Object.fromEntries(
        faults.map(({ name }) => [name, { url: urls.get(name), timeoutSeconds: 1, ownQueries: true }]),
      ),
    }
  }

  get endpointsFile(): string {
    return join(this.programs.folder, 'endpoints.yaml')
  }

  async #install(): Promise<void> {
    const rendered = await this.kubectl.run(['kustomize', config])
    const objects = parseAllDocuments(rendered).map((document) => document.toJS() as { kind: string })
    await this.kubectl.apply(...objects.filter(({ kind }) => kind !== 'Deployment'))
    await this.kubectl.run([
      'wait',
      '--for=condition=Established',
      'crd/drainpolicies.drainkeeper.dev',
      '--timeout=60s',
    ])
  }

  async #startAgent(agent: string, node: string, number: number): Promise<AgentClient> {
    const address = this.access.node(number)
    const allowed = Array.from({ length: serviceCount }, (_, index) => `${this.access.serviceAddress(index + 1)}:80`)
    const program = await this.programs.start('agent', node, [process.execPath, agent], {
      NODE_NAME: node,
      AGENT_PORT: String(agentPort),
      AGENT_HOST: address,
      AGENT_ALLOWED_TARGETS: allowed.join(','),
    })
    await ready('the agent', `http://${address}:${agentPort}/health`, program)
    return new AgentClient((path, init) => fetch(`http://${address}:${agentPort}${path}`, init))
  }

  /** A Service's address that no other scenario has. */
  serviceAddress(): string {
    this.#services += 1
    if (this.#services > serviceCount) throw new Error(`more than ${serviceCount} Services`)
    return this.access.serviceAddress(this.#services)
  }

  /** An operator that is not started yet. */
  operator(options: { namespace?: string; through?: string } = {}): OperatorProcess {
    const { access, programs, endpointsFile } = this
    const operator = new OperatorProcess({
      programs,
      bundle: this.#bundle,
      node: this.cluster.nodes[0] ?? '',
      address: access.node(1),
      port: firstOperatorPort + this.operators.length,
      apiServer: options.through === undefined ? access.apiServer : { url: options.through },
      token: this.#token,
      endpointsFile,
      ...(options.namespace === undefined ? {} : { namespace: options.namespace }),
    })
    this.operators.push(operator)
    return operator
  }

  /** Ends what was started: operators, agents, Prometheus, and the cluster where it is ours. */
  async down(): Promise<void> {
    this.faulty?.close()
    await this.#targets?.stop()
    await this.programs.close()
    await this.transport.close()
    await this.cluster.down()
  }
}
