import type { Scenario } from '../scenario.ts'
import { drainkeeper, naive, quickPolicy } from './policy.ts'

export const httpRollout: Scenario = {
  name: 'http-rollout',
  title: 'A rolling restart under HTTP load',
  about:
    'Each node goes on sending connections to a deleted pod until its proxy has heard of the deletion, and clients go on ' +
    'using the connections they have. A server that exits at SIGTERM refuses the first and cuts off the second. A preStop ' +
    'sleep only helps with the first: it tells the server nothing, which then exits with requests in flight. ' +
    'drainkeeper measures how long routing takes, and has the server drain for that long.',
  replicas: 4,
  disruption: 'restart',
  disruptions: 1,
  load: { protocol: 'http', ratePerSecond: 160, workMs: 100 },
  lag: { default: { kind: 'fixed', ms: 400 } },
  variants: [
    naive(),
    {
      name: 'folklore-sleep',
      title: 'folklore: preStop sleep 2, then exit',
      server: 'exit-at-once',
      preStopSleepSeconds: 2,
      expect: 'losses',
    },
    drainkeeper({ learning: 3 }),
  ],
}

export const sleepOnly: Scenario = {
  name: 'sleep-only',
  title: '“We have a preStop sleep”, and still drop requests',
  about:
    'While the hook sleeps, the server knows of nothing: it stays ready and its clients keep their connections. When the ' +
    'sleep is over, SIGTERM meets a server in full work. If it exits, what it was working on is lost; if it closes ' +
    'first, that is saved, but only as long as the sleep that somebody guessed is not too short for a slow proxy. A ' +
    'drain that is told to the server, for a time that was measured, needs neither luck nor a guess.',
  replicas: 4,
  disruption: 'restart',
  disruptions: 1,
  load: { protocol: 'http', ratePerSecond: 120, workMs: 150 },
  lag: { default: { kind: 'uniform', fromMs: 1200, toMs: 1800 } },
  variants: [
    {
      name: 'sleep-then-exit',
      title: 'preStop sleep 3, then exit',
      server: 'exit-at-once',
      preStopSleepSeconds: 3,
      expect: 'losses',
    },
    {
      name: 'short-sleep-then-close',
      title: 'preStop sleep 1, then close',
      server: 'close-at-once',
      preStopSleepSeconds: 1,
      terminationGracePeriodSeconds: 5,
      expect: 'losses',
    },
    drainkeeper({ policy: quickPolicy({ initial: '3s' }), learning: 3 }),
  ],
}

export const slowRequests: Scenario = {
  name: 'slow-requests',
  title: 'Requests longer than the sleep',
  about:
    'Reports, uploads, model calls: work that takes seconds outlives every sleep that was chosen for routing. Whoever ' +
    'is still waiting when the server exits gets a reset connection instead of an answer. The server has to finish what ' +
    'it has begun, and the grace period has to leave time for it: G = P + D + W + S, with W as it was measured.',
  replicas: 3,
  disruption: 'restart',
  disruptions: 1,
  load: { protocol: 'http', ratePerSecond: 40, workMs: 2500, maxConnections: 64 },
  lag: { default: { kind: 'fixed', ms: 300 } },
  variants: [
    naive(),
    {
      name: 'sleep-then-exit',
      title: 'folklore: preStop sleep 2, then exit',
      server: 'exit-at-once',
      preStopSleepSeconds: 2,
      expect: 'losses',
    },
    drainkeeper({ policy: quickPolicy({ requestTime: '4s' }) }),
  ],
}

export const killedAtGrace: Scenario = {
  name: 'killed-at-grace',
  title: 'Killed by a short grace period',
  about:
    'The server does everything right: it stops accepting and finishes its requests. But sleep and requests together ' +
    'are longer than terminationGracePeriodSeconds, and at its end kubelet kills the process with the work in its hands ' +
    '(exit code 137). A grace period that is computed from what was measured has room for it, and the server ends what ' +
    'is too long for it in order, before SIGKILL does.',
  replicas: 3,
  disruption: 'restart',
  disruptions: 1,
  load: { protocol: 'http', ratePerSecond: 40, workMs: 3500, maxConnections: 64 },
  lag: { default: { kind: 'fixed', ms: 300 } },
  variants: [
    {
      name: 'short-grace',
      title: 'preStop sleep 1, then close, 3 s of grace',
      server: 'close-at-once',
      preStopSleepSeconds: 1,
      terminationGracePeriodSeconds: 3,
      expect: 'losses',
    },
    drainkeeper({ policy: quickPolicy({ requestTime: '5s' }) }),
  ],
}

export const slowDataplane: Scenario = {
  name: 'slow-dataplane',
  title: 'One slow node',
  about:
    'Propagation is as slow as the slowest node: a busy one, one whose proxy resyncs rarely, a balancer that polls. The ' +
    'sleep that serves well on all the others is too short there, and the losses come from that node alone, which makes ' +
    'them hard to find. drainkeeper takes the measure from the pods, which see connections from every node.',
  replicas: 4,
  disruption: 'restart',
  disruptions: 1,
  load: { protocol: 'http', ratePerSecond: 120, workMs: 20 },
  lag: { default: { kind: 'fixed', ms: 200 }, nodes: { 'node-2': { kind: 'fixed', ms: 2200 } } },
  variants: [
    {
      name: 'folklore-sleep',
      title: 'folklore: preStop sleep 1, then close',
      server: 'close-at-once',
      preStopSleepSeconds: 1,
      terminationGracePeriodSeconds: 5,
      expect: 'losses',
    },
    drainkeeper({ policy: quickPolicy({ initial: '3s' }), learning: 3 }),
  ],
}
