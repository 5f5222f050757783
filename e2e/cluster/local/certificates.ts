import { randomBytes } from 'node:crypto'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { runCommand } from '../command.ts'
import type { Addresses } from './addresses.ts'

/** Who may talk to the API server: a token and the user that it stands for. */
export interface Identity {
  readonly user: string
  readonly groups: readonly string[]
  readonly token: string
}

/** Keys and certificates of one cluster, and its users. Valid for 30 days; they never leave the run folder. */
export interface Credentials {
  /** Path of a file by its name: `ca.crt`, `apiserver.key`, ... */
  file(name: string): string
  readonly authority: Buffer
  identity(user: string): Identity
}

const KEY = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-noenc', '-days', '30']

/** Makes the credentials of a cluster whose nodes have the given names, in `folder`. */
export async function makeCredentials(
  folder: string,
  addresses: Addresses,
  nodeNames: readonly string[],
): Promise<Credentials> {
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const file = (name: string) => join(folder, name)

  async function authority(name: string): Promise<void> {
    const extensions = ['-addext', 'keyUsage=critical,keyCertSign,cRLSign']
    const target = ['-keyout', file(`${name}.key`), '-out', file(`${name}.crt`)]
    await runCommand(['openssl', 'req', '-x509', ...KEY, '-subj', `/CN=${name}`, ...extensions, ...target])
  }

  async function issue(by: string, name: string, subject: string, ...extensions: string[]): Promise<void> {
    const signer = ['-CA', file(`${by}.crt`), '-CAkey', file(`${by}.key`)]
    const target = ['-keyout', file(`${name}.key`), '-out', file(`${name}.crt`)]
    const added = ['basicConstraints=critical,CA:FALSE', ...extensions].flatMap((extension) => ['-addext', extension])
    await runCommand(['openssl', 'req', '-x509', ...signer, ...KEY, '-subj', subject, ...added, ...target])
  }

  await Promise.all([
    authority('ca'),
    authority('front-proxy-ca'),
    runCommand(['openssl', 'genpkey', '-algorithm', 'RSA', '-out', file('service-account.key')]),
  ])
  const names = ['kubernetes', 'kubernetes.default', 'kubernetes.default.svc', 'kubernetes.default.svc.cluster.local']
  const hosts = [
    ...['localhost', ...names].map((name) => `DNS:${name}`),
    ...['127.0.0.1', addresses.controlPlane, addresses.kubernetesService].map((address) => `IP:${address}`),
  ]
  const forClients = 'extendedKeyUsage=clientAuth'
  await Promise.all([
    issue('ca', 'apiserver', '/CN=kube-apiserver', 'extendedKeyUsage=serverAuth', `subjectAltName=${hosts.join(',')}`),
    issue('ca', 'kubelet-client', '/O=system:masters/CN=kube-apiserver-kubelet-client', forClients),
    issue('front-proxy-ca', 'front-proxy', '/CN=front-proxy-client', forClients),
  ])

  const identities = [
    { user: 'drainkeeper-e2e', groups: ['system:masters'] },
    { user: 'system:kube-controller-manager', groups: [] },
    { user: 'system:kube-scheduler', groups: [] },
    { user: 'system:kube-proxy', groups: ['system:node-proxier'] },
    ...nodeNames.map((name) => ({ user: `system:node:${name}`, groups: ['system:nodes'] })),
  ].map((identity) => ({ ...identity, token: randomBytes(16).toString('hex') }))
  const lines = identities.map(({ user, groups, token }) => `${token},${user},${user},"${groups.join(',')}"\n`)
  await writeFile(file('tokens.csv'), lines.join(''), { mode: 0o600 })

  return {
    file,
    authority: await readFile(file('ca.crt')),
    identity(user) {
      const identity = identities.find((one) => one.user === user)
      if (identity === undefined) throw new TypeError(`no identity ${user}`)
      return identity
    },
  }
}

/** Writes a kubeconfig with which `identity` reaches the API server of this cluster. JSON is YAML. */
export async function writeKubeconfig(
  path: string,
  server: string,
  authority: Buffer,
  identity: Identity,
): Promise<string> {
  const name = 'drainkeeper'
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name, cluster: { server, 'certificate-authority-data': authority.toString('base64') } }],
    users: [{ name: identity.user, user: { token: identity.token } }],
    contexts: [{ name, context: { cluster: name, user: identity.user } }],
    'current-context': name,
  }
  await writeFile(path, `${JSON.stringify(config, null, 2)}\n`, { mode: 0o600 })
  return path
}
