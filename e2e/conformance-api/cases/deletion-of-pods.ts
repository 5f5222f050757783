import { pods } from '../../../src/kube/index.ts'
import { Area } from '../case.ts'
import { notBefore, readiness, RunningPod, script, serving, statesOf } from '../containers.ts'
import { at, type Fields } from '../data.ts'

const area = new Area('termination', 'cluster')
export const podDeletionCases = area.cases

const options = { timeoutSeconds: 120 }

const exits = serving('process.exit(0)')

const ignores = serving('')

const slowly = (ms: number): string => serving(`setTimeout(()=>process.exit(0),${ms})`)

/** Exits with the number of requests that came after SIGTERM, at most 9. */
const counting = (ms: number): string =>
  `let n=-1;require('http').createServer((q,r)=>{if(n>=0)n++;r.end('ok')}).listen(8080);process.on('SIGTERM',()=>{n=0;setTimeout(()=>process.exit(n>0?7:8),${ms})})`

area.case(
  'the termination message is told before the pod is gone',
  async (c) => {
    const path = "process.env.DRAIN_TERMINATION_MESSAGE_PATH||'/dev/termination-log'"
    const pod = await RunningPod.start(
      c,
      script(c, serving(`require('fs').writeFileSync(${path},'last words');process.exit(0)`), readiness),
    )
    await pod.ready()
    await pod.end()
    const ending = pod.ending()
    c.note('ending', ending)
    const told = ending.findIndex(({ containers }) => at(containers, 'app.message') === 'last words')
    c.check('before the deletion', told >= 0 && ending[told]?.['type'] === 'MODIFIED')
  },
  options,
)

area.case(
  'the deadline is in the deletion',
  async (c) => {
    const pod = await RunningPod.start(c, script(c, slowly(1000), readiness), {
      spec: { terminationGracePeriodSeconds: 20 },
    })
    await pod.ready()
    const beforeMs = Date.now()
    await pod.end()
    const told = pod.watch.events.find(({ object }) => object.metadata.deletionTimestamp !== undefined)?.object.metadata
    const seconds = (Date.parse(told?.deletionTimestamp ?? '') - beforeMs) / 1000
    c.check(`deletionTimestamp lies 20 s ahead, not ${seconds}`, seconds > 18.5 && seconds < 29)
    c.note('grace', told?.deletionGracePeriodSeconds)
  },
  options,
)

area.case(
  'another grace in the deletion',
  async (c) => {
    const pod = await RunningPod.start(c, script(c, ignores, readiness), {
      spec: { terminationGracePeriodSeconds: 60 },
    })
    await pod.ready()
    notBefore(c, await pod.end({ gracePeriodSeconds: 2 }), 2)
    c.note('ending', pod.ending())
  },
  options,
)

area.case(
  'a second deletion shortens the grace in the object, not the ending that is under way',
  async (c) => {
    const pod = await RunningPod.start(c, script(c, ignores, readiness), { spec: { terminationGracePeriodSeconds: 6 } })
    await pod.ready()
    const startMs = Date.now()
    await pod.delete()
    // Two deletions within a few milliseconds may be one for kubelet.
    await new Promise((resolve) => setTimeout(resolve, 1500))
    await pod.end({ gracePeriodSeconds: 1 })
    notBefore(c, (Date.now() - startMs) / 1000, 6)
    c.note('ending', pod.ending())
  },
  options,
)

area.case(
  'a forced deletion',
  async (c) => {
    const pod = await RunningPod.start(c, script(c, ignores, readiness), {
      spec: { terminationGracePeriodSeconds: 60 },
    })
    await pod.ready()
    await pod.delete({ gracePeriodSeconds: 0 })
    const startMs = performance.now()
    const { atMs } = await pod.gone()
    c.check('gone at once, not after its grace of 60 s', atMs - startMs < 20_000)
    c.note('ending', pod.ending())
  },
  options,
)

area.case(
  'probes go on while a pod ends',
  async (c) => {
    const pod = await RunningPod.start(c, script(c, counting(3500), readiness))
    await pod.ready()
    await pod.end()
    c.note('ending', pod.ending())
  },
  options,
)

area.case(
  'an evicted pod ends like a deleted one',
  async (c) => {
    const pod = await RunningPod.start(c, script(c, exits, readiness))
    await pod.ready()
    await c.ask('POST', c.path(pods, 'one', 'eviction'), {
      body: { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name: 'one' } },
    })
    await pod.gone()
    c.note('ending', pod.ending())
    const last = pod.watch.events.at(-1)?.object
    c.note(
      'conditions',
      (at(last, 'status.conditions') as Fields[])
        .filter(({ type }) => type === 'DisruptionTarget')
        .map(({ type, status, reason }) => ({ type, status, reason })),
    )
  },
  options,
)

area.case(
  'two containers end beside each other',
  async (c) => {
    const pod = await RunningPod.start(c, script(c, exits, readiness), {
      spec: {
        containers: [
          script(c, exits, readiness),
          {
            ...script(c, "setInterval(()=>{},1000);process.on('SIGTERM',()=>setTimeout(()=>process.exit(2),1500))"),
            name: 'slow',
          },
        ],
      },
    })
    await pod.ready()
    notBefore(c, await pod.end(), 1.5)
    const ending = pod.ending()
    c.note('last', ending.at(-1))
  },
  options,
)

area.case(
  'a sidecar ends after the others',
  async (c) => {
    const sidecar = {
      ...script(c, "setInterval(()=>{},1000);process.on('SIGTERM',()=>process.exit(0))"),
      name: 'side',
      restartPolicy: 'Always',
    }
    const pod = await RunningPod.start(c, script(c, slowly(1500), readiness), { spec: { initContainers: [sidecar] } })
    await pod.ready()
    notBefore(c, await pod.end(), 1.5)
    const last = pod.watch.events.at(-1)?.object
    const ended = (path: string): number => Date.parse(String(at(last, `${path}.0.state.terminated.finishedAt`)))
    c.check('the sidecar was last', ended('status.initContainerStatuses') >= ended('status.containerStatuses'))
    c.note('states', [
      statesOf(last ?? { metadata: { name: '' } }),
      at(last, 'status.initContainerStatuses.0.state.terminated.exitCode'),
    ])
  },
  options,
)
