import { request } from 'node:https'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import type { ClusterError } from '../cluster-error.ts'
import type { Addresses } from './addresses.ts'
import type { Binaries } from './binaries.ts'
import { type Credentials, writeKubeconfig } from './certificates.ts'
import type { Machine, Program } from './machine.ts'

export interface ControlPlaneOptions {
  readonly machine: Machine
  readonly binaries: Binaries
  readonly addresses: Addresses
  readonly credentials: Credentials
  /** More flags for kube-apiserver, `--feature-gates=...`. */
  readonly apiServerFlags: readonly string[]
  readonly signal: AbortSignal
}

export function apiServerUrl(addresses: Addresses): string {
  return `https://${addresses.controlPlane}:6443`
}

/** Starts etcd and the API server, and resolves when it says that it is ready. */
export async function startApiServer(options: ControlPlaneOptions): Promise<readonly Program[]> {
  const { machine, binaries, addresses, credentials } = options
  const etcd = await machine.startProgram('etcd', [
    binaries.path('etcd'),
    `--data-dir=${join(machine.folder, 'etcd')}`,
    '--listen-client-urls=http://127.0.0.1:2379',
    '--advertise-client-urls=http://127.0.0.1:2379',
    '--listen-peer-urls=http://127.0.0.1:2380',
    // What it holds ends with the cluster, so it need not outlive a power cut.
    '--unsafe-no-fsync',
  ])
  const apiServer = await machine.startProgram('kube-apiserver', [
    binaries.path('kube-apiserver'),
    '--etcd-servers=http://127.0.0.1:2379',
    `--advertise-address=${addresses.controlPlane}`,
    '--secure-port=6443',
    `--service-cluster-ip-range=${addresses.serviceRange}`,
    `--tls-cert-file=${credentials.file('apiserver.crt')}`,
    `--tls-private-key-file=${credentials.file('apiserver.key')}`,
    `--client-ca-file=${credentials.file('ca.crt')}`,
    `--token-auth-file=${credentials.file('tokens.csv')}`,
    '--authorization-mode=Node,RBAC',
    '--enable-admission-plugins=NodeRestriction',
    '--allow-privileged=true',
    '--service-account-issuer=https://kubernetes.default.svc.cluster.local',
    `--service-account-key-file=${credentials.file('service-account.key')}`,
    `--service-account-signing-key-file=${credentials.file('service-account.key')}`,
    `--kubelet-client-certificate=${credentials.file('kubelet-client.crt')}`,
    `--kubelet-client-key=${credentials.file('kubelet-client.key')}`,
    // The names of nodes are known to no DNS, so logs and exec have to go to their addresses.
    '--kubelet-preferred-address-types=InternalIP',
    // kube-proxy does not run beside the API server: webhooks and extension servers are reached at their pods.
    '--enable-aggregator-routing=true',
    `--requestheader-client-ca-file=${credentials.file('front-proxy-ca.crt')}`,
    '--requestheader-allowed-names=front-proxy-client',
    '--requestheader-username-headers=X-Remote-User',
    '--requestheader-group-headers=X-Remote-Group',
    '--requestheader-extra-headers-prefix=X-Remote-Extra-',
    `--proxy-client-cert-file=${credentials.file('front-proxy.crt')}`,
    `--proxy-client-key-file=${credentials.file('front-proxy.key')}`,
    '--profiling=false',
    ...options.apiServerFlags,
  ])
  const programs = [etcd, apiServer]
  await untilOrEnded(programs, untilReady(addresses, credentials, options.signal))
  return programs
}

/** Starts what turns objects into other objects and pods onto nodes; the API server has to be ready. */
export async function startControllers(options: ControlPlaneOptions): Promise<readonly Program[]> {
  const { machine, binaries, addresses, credentials } = options
  const kubeconfig = async (program: string) => {
    const path = join(machine.folder, `${program}.kubeconfig`)
    const identity = credentials.identity(`system:${program}`)
    return writeKubeconfig(path, apiServerUrl(addresses), credentials.authority, identity)
  }
  return [
    await machine.startProgram('kube-controller-manager', [
      binaries.path('kube-controller-manager'),
      `--kubeconfig=${await kubeconfig('kube-controller-manager')}`,
      `--root-ca-file=${credentials.file('ca.crt')}`,
      `--service-account-private-key-file=${credentials.file('service-account.key')}`,
      `--cluster-signing-cert-file=${credentials.file('ca.crt')}`,
      `--cluster-signing-key-file=${credentials.file('ca.key')}`,
      '--use-service-account-credentials=true',
      '--leader-elect=false',
    ]),
    await machine.startProgram('kube-scheduler', [
      binaries.path('kube-scheduler'),
      `--kubeconfig=${await kubeconfig('kube-scheduler')}`,
      '--leader-elect=false',
    ]),
  ]
}

/** Resolves as `work` does, unless a program ends before that: then rejects with what its log says. */
export async function untilOrEnded<T>(programs: readonly Program[], work: Promise<T>): Promise<T> {
  const failure = Promise.race(programs.map((program) => program.ended)).then((error: ClusterError) => {
    throw error
  })
  return Promise.race([work, failure])
}

async function untilReady(addresses: Addresses, credentials: Credentials, signal: AbortSignal): Promise<void> {
  while (!(await isReady(addresses, credentials.authority))) await pause(100, undefined, { signal })
}

async function isReady(addresses: Addresses, authority: Buffer): Promise<boolean> {
  return new Promise((resolve) => {
    const ask = request(
      `${apiServerUrl(addresses)}/readyz`,
      { ca: authority, agent: false, timeout: 2000 },
      (answer) => {
        answer.resume()
        resolve(answer.statusCode === 200)
      },
    )
    ask.on('timeout', () => ask.destroy())
    ask.on('error', () => resolve(false))
    ask.end()
  })
}
