import { Area } from '../case.ts'
import { Played } from '../played.ts'
import { Terminal } from '../terminal.ts'
import { web } from './kubectl-objects.ts'

const area = new Area('kubectl', 'cluster')
export const kubectlCases = area.cases

const options = { timeoutSeconds: 150 }

const help = [
  'deployments',
  'deployment.spec.strategy.rollingUpdate',
  'pod.spec.containers.lifecycle.preStop.sleep',
  'service.spec.ports',
  'leases.spec',
]

area.case(
  'a first look',
  async (c) => {
    const t = new Terminal(c)
    await t.quietly('version', '-o', 'yaml').then(({ code }) => c.note('version', code))
    await t.run('auth', 'can-i', 'create', 'deployments')
    await t.run('get', 'all')
    await t.run('get', 'nothing')
    await t.run('get', 'deployment', 'missing')
    await t.run('get', 'pods')
    await t.run('get', 'deploy,svc', '--ignore-not-found')
    await t.quietly('cluster-info').then(({ code }) => c.note('cluster-info', code))
  },
  options,
)

area.case(
  'api-resources',
  async (c) => {
    const t = new Terminal(c)
    const { stdout } = await t.quietly('api-resources', '--no-headers')
    const served = [
      'configmaps',
      'events',
      'namespaces',
      'nodes',
      'pods',
      'secrets',
      'serviceaccounts',
      'services',
      'deployments',
      'replicasets',
      'leases',
      'endpointslices',
      'poddisruptionbudgets',
    ]
    c.note(
      'resources',
      stdout
        .split('\n')
        .map((line) => line.trim().split(/\s+/).join(' '))
        .filter((line) => served.includes(line.split(' ')[0] ?? ''))
        .sort(),
    )
  },
  options,
)

for (const path of help) {
  area.case(
    `explain ${path}`,
    async (c) => {
      const { stdout, code, stderr } = await new Terminal(c).quietly('explain', path)
      // Descriptions of built-in fields are not served by the embedded cluster; the fields and their types are.
      const fields = stdout
        .split('\n')
        .filter((line) => /^(GROUP|KIND|VERSION|FIELDS?):|^ {2,}[A-Za-z]+\t/.test(line))
        .map((line) => line.trim().replaceAll(/\s+/g, ' '))
      c.note('fields', { code, stderr, fields })
    },
    options,
  )
}

area.case(
  'explain a path that is not there',
  async (c) => {
    const t = new Terminal(c)
    await t.run('explain', 'deployment.spec.nothing')
    await t.run('explain', 'nothing')
  },
  options,
)

area.case(
  'explain our custom resource',
  async (c) => {
    const t = new Terminal(c)
    await t.ours()
    await t.run('explain', 'drainpolicy.spec')
    await t.run('explain', 'drain.spec.contract.bounds.gracePeriod.max')
    await t.run('get', 'drain')
  },
  options,
)

area.case(
  'our custom resource',
  async (c) => {
    const t = new Terminal(c)
    await t.ours()
    const policy = (mode: string) =>
      `apiVersion: drainkeeper.dev/v1alpha1\nkind: DrainPolicy\nmetadata: {name: checkout}\nspec:\n  targetRef: {name: checkout}\n  mode: ${mode}\n`
    await t.input(policy('Observe'), 'apply', '-f', '-')
    await t.input(policy('Observe'), 'apply', '-f', '-')
    await t.input(policy('Enforce'), 'diff', '-f', '-')
    await t.input(policy('Enforce'), 'apply', '-f', '-')
    await t.input(policy('Never'), 'apply', '-f', '-')
    await t.input(`${policy('Enforce')}  nothing: 1\n`, 'apply', '-f', '-')
    await t.run('get', 'drainpolicies')
    await t.run('get', 'drain', '-o', 'name')
    await t.run('describe', 'drain', 'checkout')
    await t.run('delete', 'drain', 'checkout')
  },
  options,
)

area.case(
  'apply and diff on the client',
  async (c) => {
    const t = new Terminal(c)
    await t.input(web(), 'apply', '-f', '-')
    await t.input(web(), 'apply', '-f', '-')
    await t.input(web('example.com/app:2', 3), 'diff', '-f', '-')
    await t.input(web('example.com/app:2', 3), 'apply', '-f', '-')
    await t.input(web('example.com/app:2', 3), 'diff', '-f', '-')
    await t.run('get', 'deployment', 'web', '-o', 'jsonpath={.spec.replicas} {.spec.template.spec.containers[0].image}')
    await t.input(web('', -1), 'apply', '-f', '-')
  },
  options,
)

area.case(
  'apply on the server, after the client',
  async (c) => {
    const t = new Terminal(c)
    const played = await Played.open(c)
    await t.input(web(), 'apply', '-f', '-')
    await t.input(web(), 'apply', '--server-side', '-f', '-')
    await t.run(
      'get',
      'deployment',
      'web',
      '-o',
      'jsonpath={.metadata.managedFields[*].manager} {.metadata.managedFields[*].operation}',
    )
    await t.input(web('example.com/app:3'), 'apply', '--server-side', '--field-manager=other', '-f', '-')
    await t.input(
      web('example.com/app:3'),
      'apply',
      '--server-side',
      '--field-manager=other',
      '--force-conflicts',
      '-f',
      '-',
    )
    // kubectl reads and tries one after the other: what a controller writes in between would be a difference, too.
    await played.rest()
    await t.input(web('example.com/app:3'), 'diff', '--server-side', '--field-manager=other', '-f', '-')
  },
  options,
)

area.case(
  'writing in small steps',
  async (c) => {
    const t = new Terminal(c)
    await t.input(web(), 'create', '-f', '-')
    await t.input(web(), 'create', '-f', '-')
    await t.run('label', 'deployment', 'web', 'tier=front')
    await t.run('label', 'deployment', 'web', 'tier=back')
    await t.run('label', 'deployment', 'web', 'tier=back', '--overwrite')
    await t.run('annotate', 'deployment', 'web', 'note=x')
    await t.run('label', 'deployment', 'web', 'tier-')
    await t.run('scale', 'deployment', 'web', '--replicas=3')
    await t.run('scale', 'deployment', 'web', '--current-replicas=7', '--replicas=3')
    await t.run('set', 'image', 'deployment/web', 'app=example.com/app:9')
    await t.run('set', 'env', 'deployment/web', 'A=1')
    await t.run('patch', 'deployment', 'web', '-p', '{"spec":{"minReadySeconds":1}}')
    await t.run('patch', 'deployment', 'web', '-p', '{"spec":{"minReadySeconds":1}}')
    await t.run('patch', 'deployment', 'web', '--type=json', '-p', '[{"op":"test","path":"/spec/replicas","value":9}]')
    await t.run('patch', 'deployment', 'web', '--type=merge', '-p', '{"spec":{"replicas":-1}}')
    await t.run(
      'patch',
      'deployment',
      'web',
      '--subresource=status',
      '--type=merge',
      '-p',
      '{"status":{"replicas":"x"}}',
    )
    await t.run('delete', 'deployment', 'web', '--wait=false')
    await t.run('delete', 'deployment', 'web')
  },
  options,
)
