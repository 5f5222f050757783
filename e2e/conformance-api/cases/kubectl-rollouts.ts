import { Area } from '../case.ts'
import { configMap, service } from '../objects.ts'
import { Terminal } from '../terminal.ts'
import { web } from './kubectl-objects.ts'

const area = new Area('kubectl', 'cluster')
export const kubectlRolloutCases = area.cases

const options = { timeoutSeconds: 150 }

const budget = {
  apiVersion: 'policy/v1',
  kind: 'PodDisruptionBudget',
  metadata: { name: 'web' },
  spec: { minAvailable: 1, selector: { matchLabels: { app: 'web' } } },
}

area.case(
  'columns of a rollout that stands',
  async (c) => {
    const t = new Terminal(c)
    await t.input(web(), 'apply', '-f', '-')
    await t.settled('deployment/web', '{.status.replicas}', '2')
    await t.run('get', 'deployments')
    await t.run('get', 'deployments', '-o', 'wide')
    await t.run('get', 'rs')
    await t.run('get', 'pods')
    await t.run('get', 'pods', '-o', 'wide', '--show-labels')
    await t.run('get', 'deploy', 'web', '-o', 'name')
    await t.run('rollout', 'status', 'deployment/web', '--timeout=1s')
    await t.run('describe', 'deployment', 'web')
  },
  options,
)

area.case(
  'objects that kubectl makes up itself',
  async (c) => {
    const t = new Terminal(c)
    await t.run('create', 'service', 'clusterip', 'web', '--tcp=80:8080')
    await t.run('create', 'configmap', 'settings', '--from-literal=a=1')
    await t.run('create', 'deployment', 'web', '--image=example.com/app:1', '--replicas=0')
    await t.run('create', 'namespace', 'default')
  },
  options,
)

area.case(
  'services, leases and the like',
  async (c) => {
    const t = new Terminal(c)
    await t.input(JSON.stringify(service('web')), 'create', '-f', '-')
    await t.input(JSON.stringify(configMap('settings')), 'create', '-f', '-')
    await t.input(JSON.stringify(budget), 'create', '-f', '-')
    await t.run('get', 'svc')
    await t.run('get', 'cm', 'settings')
    await t.run('get', 'pdb')
    await t.run('describe', 'svc', 'web')
    await t.run('describe', 'cm', 'settings')
    await t.run('get', 'cm', 'settings', '-o', 'yaml')
    await t.run('delete', 'svc,pdb', '--all', '--wait=false').then(({ code }) => c.note('all deleted', code))
  },
  options,
)

area.case(
  'history, undo, pause and resume',
  async (c) => {
    const t = new Terminal(c)
    await t.input(web(), 'apply', '-f', '-')
    await t.settled('deployment/web', '{.metadata.annotations.deployment\\.kubernetes\\.io/revision}', '1')
    await t.run('set', 'image', 'deployment/web', 'app=example.com/app:2')
    await t.settled('deployment/web', '{.metadata.annotations.deployment\\.kubernetes\\.io/revision}', '2')
    await t.run('annotate', 'deployment/web', 'kubernetes.io/change-cause=second')
    // The history is that of the ReplicaSets, to which the controller brings the annotation.
    await t.settled('rs', '{.items[*].metadata.annotations.kubernetes\\.io/change-cause}', 'second')
    await t.run('rollout', 'history', 'deployment/web')
    await t.run('rollout', 'history', 'deployment/web', '--revision=1')
    await t.run('rollout', 'history', 'deployment/web', '--revision=9')
    await t.run('rollout', 'undo', 'deployment/web')
    await t.settled('deployment/web', '{.metadata.annotations.deployment\\.kubernetes\\.io/revision}', '3')
    await t.run('get', 'deployment', 'web', '-o', 'jsonpath={.spec.template.spec.containers[0].image}')
    await t.run('rollout', 'undo', 'deployment/web', '--to-revision=9')
    await t.run('rollout', 'pause', 'deployment/web')
    await t.run('rollout', 'pause', 'deployment/web')
    await t.run('rollout', 'restart', 'deployment/web')
    await t.run('rollout', 'undo', 'deployment/web')
    await t.run('rollout', 'resume', 'deployment/web')
    await t.run('rollout', 'restart', 'deployment/web')
  },
  options,
)

area.case(
  'a rollout of real pods, from apply to delete',
  async (c) => {
    const t = new Terminal(c)
    await t.input(t.served('web'), 'apply', '-f', '-')
    await t
      .quietly('rollout', 'status', 'deployment/web', '--timeout=60s')
      .then(({ code }) => c.note('rolled out', code))
    await t.run('get', 'deployment', 'web')
    await t.run('get', 'endpointslices', '-o', 'jsonpath={.items[*].endpoints[*].conditions}')
    await t.run('wait', '--for=condition=Available', 'deployment/web', '--timeout=30s')
    await t.run('rollout', 'restart', 'deployment/web')
    await t
      .quietly('rollout', 'status', 'deployment/web', '--timeout=60s')
      .then(({ code, stdout }) => c.note('again', { code, last: stdout.trim().split('\n').at(-1) }))
    await t.run('rollout', 'history', 'deployment/web')
    const { stdout: pod } = await t.quietly('get', 'pods', '-l', 'app=web', '-o', 'jsonpath={.items[0].metadata.name}')
    await t.quietly('logs', pod).then(({ code, stdout }) => c.note('a log', { code, lines: stdout.trim().length > 0 }))
    await t.run('wait', '--for=jsonpath={.status.readyReplicas}=2', 'deployment/web', '--timeout=30s')
    await t.run('delete', 'deployment', 'web', '--cascade=foreground', '--timeout=60s')
    await t
      .run('wait', '--for=delete', 'pods', '-l', 'app=web', '--timeout=60s')
      .then(({ code }) => c.note('no pods', code))
  },
  options,
)

area.case(
  'cordon, drain and uncordon',
  async (c) => {
    const t = new Terminal(c)
    const [node = ''] = c.target.nodes.slice(-1)
    await t.input(t.served('web', 4), 'apply', '-f', '-')
    await t.quietly('rollout', 'status', 'deployment/web', '--timeout=60s')
    c.atEnd(() => t.quietly('uncordon', node))
    await t.run('cordon', node)
    await t.run('cordon', node)
    await t.run('get', 'node', node, '-o', 'jsonpath={.spec.unschedulable} {.spec.taints[*].key}')
    await t
      .quietly('drain', node, '--pod-selector=app=web', '--grace-period=1', '--timeout=60s')
      .then(({ code }) => c.note('drained', code))
    const { stdout } = await t.quietly('get', 'pods', '-l', 'app=web', '-o', 'jsonpath={.items[*].spec.nodeName}')
    c.check('no pod is left on the node', !stdout.split(' ').includes(node))
    await t.run('uncordon', node)
    await t.quietly('delete', 'deployment', 'web', '--wait=false')
  },
  { ...options, alone: true },
)

area.case(
  'describe a pod',
  async (c) => {
    const t = new Terminal(c)
    await t.input(t.served('web', 1), 'apply', '-f', '-')
    await t.quietly('rollout', 'status', 'deployment/web', '--timeout=60s')
    const { stdout } = await t.quietly('describe', 'pod', '-l', 'app=web')
    const keep =
      /^(Name|Namespace|Labels|Status|Controlled By|Containers|Conditions|Events|QoS Class|Tolerations):|^ {4}(State|Ready|Restart Count|Environment|Port|Host Port|Readiness|Liveness):|^ {2}(Ready|Initialized|ContainersReady|PodScheduled|PodReadyToStartContainers) /
    c.note(
      'lines',
      stdout
        .split('\n')
        .filter((line) => keep.test(line))
        .map((line) =>
          c.masks
            .text(line)
            .replaceAll(/\s+/g, ' ')
            .replaceAll(/web-[a-z0-9]+(-[a-z0-9<>]+)?/g, '<pod>')
            .replaceAll(/hash=\S+/g, 'hash=<hash>'),
        ),
    )
    await t.quietly('delete', 'deployment', 'web')
  },
  options,
)

area.case(
  'errors of the command line that the server tells',
  async (c) => {
    const t = new Terminal(c)
    await t.input('apiVersion: v1\nkind: Nothing\nmetadata: {name: x}\n', 'apply', '-f', '-')
    await t.input('apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec: {}\n', 'apply', '-f', '-')
    await t.input('apiVersion: v1\nkind: ConfigMap\nmetadata: {name: Web_}\n', 'apply', '-f', '-')
    await t.input('apiVersion: v1\nkind: ConfigMap\nmetadata: {name: one}\ndta: {}\n', 'apply', '-f', '-')
    await t.input(
      'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: one}\ndta: {}\n',
      'apply',
      '--validate=false',
      '-f',
      '-',
    )
    await t.run('get', 'pods', '-l', '==')
    await t.run('get', 'pods', '--field-selector', 'nope=1')
    await t.run('logs', 'missing')
    await t.run('scale', 'deployment', 'missing', '--replicas=1')
    await t.run('rollout', 'status', 'deployment/missing')
    await t.run('wait', '--for=condition=Ready', 'pod/missing', '--timeout=1s')
  },
  options,
)
