import { Area } from '../case.ts'
import { notBefore, readiness, RunningPod, script, serving } from '../containers.ts'

const area = new Area('termination', 'cluster')
export const terminationCases = area.cases

const options = { timeoutSeconds: 120 }

const exits = serving('process.exit(0)')

const ignores = serving('')

const slowly = (ms: number): string => serving(`setTimeout(()=>process.exit(0),${ms})`)

area.case(
  'a process that exits at SIGTERM',
  async (c) => {
    const pod = await RunningPod.start(c, script(c, exits, readiness))
    await pod.ready()
    notBefore(c, await pod.end(), 0.1)
    c.note('ending', pod.ending())
    c.note('events', await pod.reasons('Killing'))
  },
  options,
)

area.case(
  'a process that ignores SIGTERM is killed at its grace',
  async (c) => {
    const pod = await RunningPod.start(c, script(c, ignores, readiness), { spec: { terminationGracePeriodSeconds: 3 } })
    await pod.ready()
    notBefore(c, await pod.end(), 3)
    c.note('ending', pod.ending())
  },
  options,
)

area.case(
  'a process that takes its time',
  async (c) => {
    const pod = await RunningPod.start(c, script(c, slowly(2000), readiness))
    await pod.ready()
    notBefore(c, await pod.end(), 1.5)
    c.note('ending', pod.ending())
  },
  options,
)

area.case(
  'a process that fails at SIGTERM',
  async (c) => {
    const pod = await RunningPod.start(c, script(c, serving('process.exit(3)'), readiness))
    await pod.ready()
    await pod.end()
    c.note('ending', pod.ending())
  },
  options,
)

area.case(
  'a process that has no handler for SIGTERM',
  async (c) => {
    // As process 1 of a container it is not ended by a signal that it does not handle.
    const pod = await RunningPod.start(
      c,
      script(c, "require('http').createServer((q,r)=>r.end('ok')).listen(8080)", readiness),
      { spec: { terminationGracePeriodSeconds: 2 } },
    )
    await pod.ready()
    notBefore(c, await pod.end(), 2)
    c.note('ending', pod.ending())
  },
  { ...options, limit: 'no-first-process' },
)

area.case(
  'a preStop sleep comes before SIGTERM',
  async (c) => {
    const pod = await RunningPod.start(
      c,
      script(c, exits, { ...readiness, lifecycle: { preStop: { sleep: { seconds: 3 } } } }),
    )
    await pod.ready()
    notBefore(c, await pod.end(), 3)
    c.note('ending', pod.ending())
  },
  options,
)

area.case(
  'a preStop command comes before SIGTERM',
  async (c) => {
    const preStop = { exec: { command: ['node', '-e', 'setTimeout(()=>{},2000)'] } }
    const pod = await RunningPod.start(c, script(c, exits, { ...readiness, lifecycle: { preStop } }))
    await pod.ready()
    notBefore(c, await pod.end(), 2.1)
    c.note('ending', pod.ending())
  },
  options,
)

area.case(
  'a preStop request comes before SIGTERM',
  async (c) => {
    const code = `let asked=false;require('http').createServer((q,r)=>{if(q.url==='/drain'){asked=true;setTimeout(()=>r.end('ok'),2000)}else r.end('ok')}).listen(8080);process.on('SIGTERM',()=>process.exit(asked?5:6))`
    const pod = await RunningPod.start(
      c,
      script(c, code, { ...readiness, lifecycle: { preStop: { httpGet: { path: '/drain', port: 8080 } } } }),
    )
    await pod.ready()
    notBefore(c, await pod.end(), 2)
    c.note('ending', pod.ending())
  },
  options,
)

for (const [what, preStop] of Object.entries({
  'a request that is refused': { httpGet: { path: '/', port: 9 } },
  'a request that is answered with 500': { httpGet: { path: '/fail', port: 8080 } },
  'a command that fails': { exec: { command: ['node', '-e', 'process.exit(4)'] } },
})) {
  area.case(
    `a hook that fails: ${what}`,
    async (c) => {
      const code = `require('http').createServer((q,r)=>{r.statusCode=q.url==='/fail'?500:200;r.end('ok')}).listen(8080);process.on('SIGTERM',()=>process.exit(0))`
      const pod = await RunningPod.start(c, script(c, code, { ...readiness, lifecycle: { preStop } }))
      await pod.ready()
      notBefore(c, await pod.end(), 0.1)
      c.note('ending', pod.ending())
      // Whatever an HTTP hook answers, it has been called: its status is not looked at.
      const failure = what.includes('500') ? [] : ['FailedPreStopHook']
      c.note('events', await pod.reasons('Killing', ...failure))
    },
    options,
  )
}

area.case(
  'a hook that outlasts the grace',
  async (c) => {
    const preStop = { exec: { command: ['node', '-e', 'setTimeout(()=>{},20000)'] } }
    const pod = await RunningPod.start(c, script(c, exits, { ...readiness, lifecycle: { preStop } }), {
      spec: { terminationGracePeriodSeconds: 3 },
    })
    await pod.ready()
    notBefore(c, await pod.end(), 3)
    c.note('ending', pod.ending())
  },
  options,
)

area.case(
  'a hook that uses up the grace leaves two seconds',
  async (c) => {
    const pod = await RunningPod.start(
      c,
      script(c, slowly(1500), { ...readiness, lifecycle: { preStop: { sleep: { seconds: 3 } } } }),
      { spec: { terminationGracePeriodSeconds: 4 } },
    )
    await pod.ready()
    notBefore(c, await pod.end(), 4.5)
    c.note('ending', pod.ending())
  },
  options,
)
