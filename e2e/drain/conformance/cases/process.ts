/** The process around the servers: signals, the preStop call, deadlines, hooks, and applications with defects. */
import type { DrainReport } from 'drain-server'
import type { Case } from '../case.ts'
import { closedListener, lost } from '../clients/asker.ts'
import { getRequest } from '../clients/raw-client.ts'
import { atLeast, containing, oneOf } from '../facts.ts'
import type { Facts } from '../facts.ts'

const protocols = ['http1', 'http2', 'grpc'] as const

export const processCases: readonly Case[] = [
  {
    name: 'a process without traffic drains and exits 0',
    protocols,
    async run(stage) {
      stage.terminate()
      await stage.exited
    },
    judgeReport(report, facts) {
      facts.judge('what began the drain', report.trigger, 'signal')
      facts.judge('when the listener closed', report.listenerClosedMs ?? -1, atLeast(report.drainDelayMs))
    },
  },
  {
    name: 'SIGTERM after the preStop call is one drain',
    protocols,
    needs: ['admin'],
    async run(stage) {
      const hold = stage.hold()
      const asked = await stage.ask(hold.path)
      await hold.begun()
      const answer = await stage.preStop('?delaySeconds=0.2&graceSeconds=9')
      stage.facts.judge('the preStop call is answered', answer?.status, 202)
      stage.terminate()
      await stage.reaches('closing')
      hold.letGo()
      stage.facts.judge('the request', await asked.answered, 'ok /hold')
    },
    judgeReport(report, facts) {
      facts.judge('what began the drain', report.trigger, 'preStop')
      facts.judge('the delay of the call', report.drainDelayMs, 200)
      facts.judge('the deadline of the call', report.deadlineMs, 7000)
    },
  },
  {
    name: 'a drain that is asked for twice goes on as it began',
    protocols,
    needs: ['admin'],
    async run(stage) {
      const hold = stage.hold()
      const asked = await stage.ask(hold.path)
      await hold.begun()
      const first = await stage.preStop()
      const second = await stage.preStop('?delaySeconds=5')
      stage.terminate()
      await stage.reaches('closing')
      const third = await stage.admin('/admin/drain')
      hold.letGo()
      stage.facts.judge('the answers', [first?.status, second?.status, third.status], [202, 200, 200])
      stage.facts.judge('the request', await asked.answered, 'ok /hold')
    },
    judgeReport: (report, facts) => facts.judge('the delay', report.drainDelayMs, 100),
  },
  {
    name: 'a preStop call that no SIGTERM follows is taken back, and a later drain works',
    protocols,
    needs: ['admin', 'options'],
    settings: { options: { undrainAfterMs: 300 } },
    async run(stage) {
      await stage.preStop()
      const during = await stage.admin('/health/ready')
      while ((await stage.admin('/health/ready')).status !== 200);
      stage.graceIsOver()
      stage.facts.judge('ready while it lasted', during.status, 503)
      const hold = stage.hold()
      const between = await stage.ask('/now')
      stage.facts.judge('a request in between', await between.answered, 'ok /now')
      const asked = await stage.ask(hold.path)
      await hold.begun()
      stage.terminate()
      await stage.reaches('closing')
      hold.letGo()
      stage.facts.judge('a request in the later drain', await asked.answered, 'ok /hold')
    },
    judgeReport: (report, facts) => facts.judge('what began the drain', report.trigger, 'signal'),
  },
  {
    name: 'a second SIGTERM ends the process at once, with a report',
    protocols,
    settings: { graceSeconds: 30 },
    ends: { code: 1, verdict: 'forced' },
    mayReset: 'it cuts off what is in flight',
    async run(stage) {
      const hold = stage.hold()
      const asked = await stage.ask(hold.path)
      await hold.begun()
      stage.terminate()
      await stage.reaches('converging')
      stage.signal('SIGTERM')
      stage.facts.judge('the request', await asked.answered, containing('lost'))
    },
    judgeReport: judgeCutOff,
  },
  {
    name: 'a request that never ends is cut off at the deadline',
    protocols,
    settings: { graceSeconds: 3 },
    ends: { code: 1, verdict: 'forced' },
    mayReset: 'the deadline cuts it off',
    async run(stage) {
      const hold = stage.hold()
      const asked = await stage.ask(hold.path)
      await hold.begun()
      stage.terminate()
      stage.facts.judge('the request', await asked.answered, containing('lost'))
    },
    judgeReport(report, facts) {
      judgeCutOff(report, facts)
      facts.judge('when it ended', report.finishedMs, atLeast(report.deadlineMs))
    },
  },
  {
    name: 'a hook that hangs is abandoned before kubelet kills',
    protocols,
    needs: ['options'],
    settings: { graceSeconds: 3, hook: 'hang' },
    ends: { code: 1, verdict: 'forced' },
    async run(stage) {
      stage.terminate()
      await stage.exited
    },
    judgeReport: (report, facts) => facts.judge('the hook', hookOutcome(report, 'hangs'), 'abandoned'),
  },
  {
    name: 'a hook that throws is told, and the next one runs',
    protocols,
    needs: ['options'],
    settings: { hook: 'throw' },
    async run(stage) {
      stage.terminate()
      const { stdout } = await stage.exited
      stage.facts.judge('the next hook', stdout, containing('last hook ran\n'))
    },
    judgeReport: (report, facts) => facts.judge('the hook', hookOutcome(report, 'throws'), 'failed'),
  },
  {
    name: 'an error that nobody catches while draining: others are answered first, and it exits 70',
    protocols,
    needs: ['admin', 'oneProcess'],
    ends: { code: 70, verdict: 'clean' },
    async run(stage) {
      const hold = stage.hold()
      const asked = await stage.ask(hold.path)
      await hold.begun()
      await stage.preStop()
      const crash = await stage.ask('/crash')
      await crash.answered
      stage.terminate()
      await stage.reaches('closing')
      hold.letGo()
      stage.facts.judge('the other request', await asked.answered, 'ok /hold')
    },
    judgeReport: (report, facts) =>
      facts.judge('the error', report.errors, { count: 1, first: 'Error: the application has a defect' }),
  },
  {
    name: 'a process that is stuck in its event loop leaves a report and exits 124, before kubelet kills',
    protocols,
    needs: ['oneProcess'],
    settings: { graceSeconds: 3 },
    ends: { code: 124, verdict: 'forced' },
    mayReset: 'nothing is left that could send FIN',
    async run(stage) {
      const stuck = stage.hold('/stuck')
      await stage.ask(stuck.path)
      await stuck.begun()
      stage.terminate()
      await stage.reaches('closing')
      stuck.letGo()
      await stage.exited
    },
  },
  {
    name: 'readiness says 503 from drain start on, liveness 200 to the end',
    protocols,
    needs: ['admin'],
    async run(stage) {
      const probe = async (): Promise<number[]> => {
        const answers = ['ready', 'live', 'startup'].map((name) => stage.admin(`/health/${name}`))
        return (await Promise.all(answers)).map(({ status }) => status)
      }
      const hold = stage.hold()
      const asked = await stage.ask(hold.path)
      await hold.begun()
      stage.facts.judge('ready, live and startup before', await probe(), [200, 200, 200])
      await stage.preStop()
      stage.facts.judge('while converging', await probe(), [503, 200, 200])
      stage.terminate()
      await stage.reaches('closing')
      stage.facts.judge('while closing', await probe(), [503, 200, 200])
      hold.letGo()
      stage.facts.judge('the request', await asked.answered, 'ok /hold')
    },
  },
  {
    name: 'metrics tell the phase and what is in flight',
    protocols,
    needs: ['admin'],
    async run(stage) {
      const hold = stage.hold()
      const asked = await stage.ask(hold.path)
      await hold.begun()
      await stage.preStop()
      const { body } = await stage.admin('/metrics')
      stage.facts.judge('the phase', body, containing('drain_server_phase{phase="converging"} 1'))
      stage.facts.judge('in flight', body, containing('drain_server_requests_in_flight 1'))
      stage.terminate()
      hold.letGo()
      await asked.answered
    },
  },
  {
    name: 'late arrivals are counted, by new and by old connections',
    protocols: ['http1'],
    // In a cluster the primary answers the preStop call before its workers know.
    needs: ['admin', 'oneProcess'],
    async run(stage) {
      const [old, oldest] = [await stage.connect('old'), await stage.connect('oldest')]
      const hold = stage.hold()
      oldest.get(hold.path)
      old.get('/now')
      await Promise.all([old.receives('ok /now'), hold.begun()])
      await stage.preStop()
      old.get('/now')
      const fresh = await stage.connect('new')
      fresh.get('/now')
      const silent = await stage.connect('new and silent')
      await Promise.all([old.ended, fresh.ended])
      stage.terminate()
      hold.letGo()
      await Promise.all([oldest.ended, silent.ended])
    },
    judgeReport(report, facts) {
      const { connections, requests, peers } = report.late
      facts.judge('new connections that brought a request', connections.count, 1)
      facts.judge('requests on old connections', requests.count, 1)
      facts.judge('before the drain', report.before.newConnections, 2)
      const fromHere = [{ address: '127.0.0.1', connections: 1, requests: 1 }]
      facts.judge(
        'by peer',
        peers?.map(({ address, connections, requests }) => ({ address, connections, requests })),
        fromHere,
      )
    },
  },
  {
    name: 'probes are answered while draining and count nowhere',
    protocols: ['http1', 'http2'],
    needs: ['admin'],
    async run(stage) {
      const probe = async (): Promise<string> => (await stage.ask('/now', { 'user-agent': 'kube-probe/1.33' })).answered
      await probe()
      await stage.preStop()
      stage.facts.judge('a probe on a new connection', await probe(), 'ok /now')
      stage.terminate()
    },
    judgeReport(report, facts) {
      facts.judge('before', [report.before.newConnections, report.before.requests], [0, 0])
      facts.judge('late', [report.late.connections.count, report.late.requests.count], [0, 0])
    },
  },
  {
    name: 'a client that opens one connection after the other is served until nobody listens',
    protocols: ['http1', 'http2'],
    needs: ['admin'],
    // A machine that stands still for a moment must not look like a client that opened a connection for nothing.
    settings: { options: { idleGraceMs: 1000 } },
    async run(stage) {
      const results: string[] = []
      const drained = (async () => {
        for (;;) {
          const asked = await stage.ask('/now')
          results.push(await asked.answered)
          if (results.at(-1) !== 'ok /now') return
        }
      })()
      await stage.preStop()
      stage.terminate()
      await drained
      // Its clients ended in order, or were never let in: the last one's ending is judged here.
      stage.forgetTranscripts()
      stage.facts.judge(
        'the first that was not served',
        results.pop() ?? '',
        oneOf(...closedListener.map((code) => `${lost}${code}`)),
      )
      stage.facts.judge(
        'the others that were not',
        results.filter((result) => result !== 'ok /now'),
        [],
      )
      stage.facts.judge('how many were', results.length, atLeast(1))
    },
  },
  {
    name: 'a client that never stops sending, whatever it is told, does not hold up the drain',
    protocols: ['http1'],
    settings: { graceSeconds: 6 },
    ends: { code: 1, verdict: 'forced' },
    mayReset: 'it sends on after FIN',
    async run(stage) {
      const client = await stage.connect('never stops', true)
      const sending = setInterval(() => client.socket.writable && client.send(getRequest('/now')), 10)
      await client.receives('ok /now')
      stage.terminate()
      await stage.exited
      clearInterval(sending)
      stage.facts.judge('it was told to move away', client.closes.at(-1), true)
    },
    judgeReport: (report, facts) => facts.judge('what it sent in vain is counted', report.forced.requests, atLeast(1)),
  },
]

function judgeCutOff(report: DrainReport, facts: Facts): void {
  facts.judge('requests that were cut off', report.forced.requests, 1)
  facts.judge('in flight at the end', report.inFlight.atDeadline, 1)
}

function hookOutcome({ hooks = [] }: DrainReport, name: string): string | undefined {
  return hooks.find((hook) => hook.name === name)?.outcome
}
