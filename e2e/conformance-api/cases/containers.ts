import { pods } from '../../../src/kube/index.ts'
import { Area } from '../case.ts'
import { readiness, RunningPod, script, serving, statesOf } from '../containers.ts'
import { at, type Fields } from '../data.ts'
import { configMap, configMaps } from '../objects.ts'
import { conditionsOf } from '../played.ts'

const area = new Area('termination', 'cluster')
export const containerCases = area.cases

const options = { timeoutSeconds: 120 }

const exits = serving('process.exit(0)')

const slowly = (ms: number): string => serving(`setTimeout(()=>process.exit(0),${ms})`)

area.case(
  'the status of a pod that runs',
  async (c) => {
    const pod = await RunningPod.start(c, script(c, exits, readiness))
    const ready = await pod.ready()
    // What the pod level says of resources depends on what the machine could be asked at that moment.
    const { resources: _pod, ...status } = at(ready, 'status') as Fields
    c.note('status', {
      ...status,
      containerStatuses: (status['containerStatuses'] as Fields[]).map(
        ({
          containerID,
          imageID,
          image: _image,
          resources: _resources,
          allocatedResources: _allocated,
          user: _user,
          ...rest
        }) => ({ ...rest, containerID: typeof containerID, imageID: typeof imageID }),
      ),
      conditions: conditionsOf(status['conditions']),
    })
    c.note('events', await pod.reasons('Scheduled', 'Started'))
  },
  options,
)

area.case(
  'a pod that is not ready yet',
  async (c) => {
    const pod = await RunningPod.start(c, script(c, 'setInterval(()=>{},1000)', readiness))
    const running = await pod.running()
    c.note('conditions', conditionsOf(at(running, 'status.conditions')))
    c.note('container', at(running, 'status.containerStatuses.0.started'))
    c.note('events', (await pod.reasons('Unhealthy')).includes('Unhealthy'))
    await pod.delete({ gracePeriodSeconds: 0 })
  },
  options,
)

area.case(
  'a container that exits is started again',
  async (c) => {
    const pod = await RunningPod.start(c, script(c, 'setTimeout(()=>process.exit(1),300)'))
    const again = await pod.until(
      'the second start',
      (one) => Number(at(one, 'status.containerStatuses.0.restartCount')) >= 1,
    )
    c.note('last state', {
      exit: at(again, 'status.containerStatuses.0.lastState.terminated.exitCode'),
      reason: at(again, 'status.containerStatuses.0.lastState.terminated.reason'),
      phase: at(again, 'status.phase'),
    })
    const backing = await pod.until(
      'the back-off',
      (one) => at(one, 'status.containerStatuses.0.state.waiting.reason') === 'CrashLoopBackOff',
    )
    c.note('backing off', {
      conditions: conditionsOf(at(backing, 'status.conditions')),
      phase: at(backing, 'status.phase'),
    })
    c.note(
      'events',
      (await pod.reasons('BackOff')).filter((reason) => reason === 'BackOff'),
    )
    await pod.delete({ gracePeriodSeconds: 0 })
  },
  options,
)

area.case(
  'pods that run to their end',
  async (c) => {
    const done = await RunningPod.start(c, script(c, 'process.exit(0)'), { spec: { restartPolicy: 'Never' } })
    const ended = await done.until('the end', (one) => at(one, 'status.phase') === 'Succeeded')
    c.note('succeeded', { conditions: conditionsOf(at(ended, 'status.conditions')), states: statesOf(ended) })
  },
  options,
)

area.case(
  'pods that fail',
  async (c) => {
    const failed = await RunningPod.start(c, script(c, 'process.exit(9)'), { spec: { restartPolicy: 'Never' } })
    const ended = await failed.until('the end', (one) => at(one, 'status.phase') === 'Failed')
    c.note('failed', { conditions: conditionsOf(at(ended, 'status.conditions')), states: statesOf(ended) })
  },
  options,
)

area.case(
  'a deadline of a pod',
  async (c) => {
    const pod = await RunningPod.start(c, script(c, exits, readiness), { spec: { activeDeadlineSeconds: 3 } })
    const ended = await pod.until('the deadline', (one) => at(one, 'status.phase') === 'Failed')
    c.note('failed', {
      reason: at(ended, 'status.reason'),
      message: at(ended, 'status.message'),
      conditions: conditionsOf(at(ended, 'status.conditions')),
      deleted: ended.metadata.deletionTimestamp ?? 'no',
    })
  },
  options,
)

area.case(
  'a deadline that is set while a pod runs',
  async (c) => {
    const pod = await RunningPod.start(c, script(c, exits, readiness))
    await pod.ready()
    await c.patch('merge', pods, 'one', { spec: { activeDeadlineSeconds: 2 } }, { show: 'status' })
    const ended = await pod.until('the deadline', (one) => at(one, 'status.phase') === 'Failed')
    c.note('failed', { reason: at(ended, 'status.reason'), states: Object.keys(statesOf(ended)) })
  },
  options,
)

area.case(
  'a liveness probe that fails',
  async (c) => {
    const code = `require('http').createServer((q,r)=>{r.statusCode=q.url==='/live'?500:200;r.end('x')}).listen(8080);process.on('SIGTERM',()=>process.exit(0))`
    const pod = await RunningPod.start(
      c,
      script(c, code, {
        livenessProbe: { httpGet: { path: '/live', port: 8080 }, periodSeconds: 1, failureThreshold: 2 },
      }),
    )
    const again = await pod.until('a restart', (one) => Number(at(one, 'status.containerStatuses.0.restartCount')) >= 1)
    c.note('last state', {
      exit: at(again, 'status.containerStatuses.0.lastState.terminated.exitCode'),
      reason: at(again, 'status.containerStatuses.0.lastState.terminated.reason'),
    })
    c.note(
      'events',
      (await pod.reasons('Unhealthy', 'Killing')).filter((reason) => ['Unhealthy', 'Killing'].includes(reason)),
    )
    await pod.delete({ gracePeriodSeconds: 0 })
  },
  options,
)

area.case(
  'readiness that comes and goes',
  async (c) => {
    const code = `let n=0;require('http').createServer((q,r)=>{n++;r.statusCode=n>3&&n<7?503:200;r.end('x')}).listen(8080);process.on('SIGTERM',()=>process.exit(0))`
    const pod = await RunningPod.start(
      c,
      script(c, code, {
        readinessProbe: { httpGet: { path: '/', port: 8080 }, periodSeconds: 1, failureThreshold: 2 },
      }),
    )
    await pod.ready()
    await c.eventually(
      'ready, not ready, ready',
      () => {
        const told = pod.watch.events.map(
          ({ object }) => conditionsOf(at(object, 'status.conditions'))['Ready']?.toString().split(' ')[0],
        )
        const changes = told.filter((state, index) => state !== undefined && state !== told[index - 1])
        return changes.join(' ').includes('True False True') ? true : undefined
      },
      30,
    )
    await pod.delete({ gracePeriodSeconds: 0 })
  },
  options,
)

area.case(
  'environment of a container',
  async (c) => {
    await c.create(configMaps, configMap('settings', { COLOR: 'blue', SIZE: '3' }), { show: 'status' })
    const code =
      "require('fs').writeFileSync(process.env.DRAIN_TERMINATION_MESSAGE_PATH||'/dev/termination-log',['POD','NS','PLAIN','REF','COLOR','SIZE','NODE_IS'].map(n=>n+'='+process.env[n]).join(' '))"
    const field = (name: string, fieldPath: string): Fields => ({ name, valueFrom: { fieldRef: { fieldPath } } })
    const env = [
      field('POD', 'metadata.name'),
      field('NS', 'metadata.namespace'),
      { name: 'PLAIN', value: 'a' },
      { name: 'REF', value: '$(PLAIN)-b $$(PLAIN) $(NONE)' },
      { name: 'COLOR', valueFrom: { configMapKeyRef: { name: 'settings', key: 'COLOR' } } },
    ]
    const pod = await RunningPod.start(c, script(c, code, { env, envFrom: [{ configMapRef: { name: 'settings' } }] }), {
      spec: { restartPolicy: 'Never' },
    })
    const ended = await pod.until('the end', (one) => at(one, 'status.phase') === 'Succeeded')
    c.note('said', at(ended, 'status.containerStatuses.0.state.terminated.message'))
  },
  options,
)

area.case(
  'what is missing to start a container',
  async (c) => {
    const env = [{ name: 'A', valueFrom: { configMapKeyRef: { name: 'missing', key: 'A' } } }]
    const pod = await RunningPod.start(c, script(c, exits, { env }))
    const waiting = await pod.until(
      'the reason',
      (one) => at(one, 'status.containerStatuses.0.state.waiting.reason') === 'CreateContainerConfigError',
    )
    c.note('message', at(waiting, 'status.containerStatuses.0.state.waiting.message'))
    await pod.delete({ gracePeriodSeconds: 0 })
  },
  options,
)

area.case(
  'an image that is not there',
  async (c) => {
    const pod = await RunningPod.start(c, {
      name: 'app',
      image: 'drainkeeper.local/no-such-image:1',
      imagePullPolicy: 'Never',
    })
    const waiting = await pod.until(
      'the reason',
      (one) => at(one, 'status.containerStatuses.0.state.waiting.reason') === 'ErrImageNeverPull',
    )
    c.note('state', {
      phase: at(waiting, 'status.phase'),
      message: at(waiting, 'status.containerStatuses.0.state.waiting.message'),
    })
    await pod.delete({ gracePeriodSeconds: 0 })
  },
  options,
)

area.case(
  'init containers run first, one after the other',
  async (c) => {
    const init = (name: string): Fields => ({ ...script(c, 'setTimeout(()=>{},300)'), name })
    const pod = await RunningPod.start(c, script(c, exits, readiness), {
      spec: { initContainers: [init('first'), init('second')] },
    })
    const ready = await pod.ready()
    const seen = pod.watch.events
      .map(({ object }) => conditionsOf(at(object, 'status.conditions'))['Initialized'])
      .filter((state) => state !== undefined)
    c.note('initialized', [...new Set(seen)])
    c.note(
      'states',
      ((at(ready, 'status.initContainerStatuses') ?? []) as Fields[]).map((one) => [
        one['name'],
        at(one, 'state.terminated.reason'),
        one['ready'],
      ]),
    )
    await pod.delete({ gracePeriodSeconds: 0 })
  },
  options,
)

area.case(
  'the log of a container',
  async (c) => {
    const pod = await RunningPod.start(
      c,
      script(
        c,
        "console.log('hello');console.error('and more');setInterval(()=>{},1000);process.on('SIGTERM',()=>process.exit(0))",
      ),
    )
    await pod.running()
    const log = await c.eventually('two lines', async () => {
      const { body } = await c.quietly('GET', c.path(pods, 'one', 'log'))
      return String(body).trim().split('\n').length === 2 ? body : undefined
    })
    c.note('log', String(log).trim().split('\n').sort())
    await c.ask('GET', c.path(pods, 'one', 'log'), { query: { container: 'none' } })
    await pod.delete({ gracePeriodSeconds: 0 })
  },
  options,
)

area.case(
  'a pod of a Deployment that is deleted is replaced at once',
  async (c) => {
    const labels = { app: 'web' }
    await c.create(
      { group: 'apps', version: 'v1', plural: 'deployments', kind: 'Deployment', namespaced: true },
      {
        metadata: { name: 'web' },
        spec: {
          replicas: 1,
          selector: { matchLabels: labels },
          template: {
            metadata: { labels },
            spec: { automountServiceAccountToken: false, containers: [script(c, slowly(3000), readiness)] },
          },
        },
      },
      { show: 'status' },
    )
    const watch = await c.watch(pods)
    const first = await watch.until(
      'a ready pod',
      ({ object }) => conditionsOf(at(object, 'status.conditions'))['Ready'] === 'True',
      40,
    )
    await c.quietly('DELETE', c.path(pods, first.object.metadata.name))
    const second = await watch.until('another pod', ({ object }) => object.metadata.name !== first.object.metadata.name)
    const gone = await watch.until('the first is gone', ({ type }) => type === 'DELETED', 40)
    c.check('the new one is made before the old one is gone', second.atMs < gone.atMs)
  },
  options,
)
