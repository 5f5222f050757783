import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { Agent } from 'undici'
import type { Counts } from '../../src/pacing/index.ts'
import {
  compile,
  createAsk,
  createPodsSignal,
  createPrometheusSignal,
  endpointsSchema,
  presets,
  type WatchedPod,
} from '../../src/signals/index.ts'
import { systemClock } from '../../src/kube/index.ts'
import { type Children, freePort, startPrometheus, until } from './children.ts'
import type { Row } from './row.ts'

const intervalSeconds = 1
const subject = { namespace: 'shop', service: 'cart', workload: 'cart' }
const own = {
  requests:
    'sum(increase(drain_server_requests_total{namespace="$namespace",pod=~"$workload-.+",code!="aborted"}[$range]))',
  errors:
    'sum(increase(drain_server_requests_total{namespace="$namespace",pod=~"$workload-.+",code=~"5xx|forced"}[$range]))',
}

/** Known requests, against what both signals say of them, with a process that is killed and started again in between. */
export async function countKnownRequests(children: Children, binary: string): Promise<Row[]> {
  const [port, adminPort] = [await freePort(), await freePort()]
  let workload = await startWorkload(children, port, adminPort)
  const prometheus = await startPrometheus(children, binary, { target: adminPort, intervalSeconds })
  await scraped(prometheus)

  const addresses = { loopback: true }
  const pod: WatchedPod = { uid: 'cart-1', restarts: 0, role: 'newVersion', address: '127.0.0.1', port: adminPort }
  const watched = [pod]
  await send(port, 37, 5)
  const pods = createPodsSignal({ pods: () => watched, ask: createAsk({ addresses, clock: systemClock }) })
  const first = await pods.read()
  const sinceMs = systemClock.monotonicMs()
  const served = createPrometheusSignal({
    endpoints: endpointsSchema.parse({ real: { url: prometheus.href, addresses, ownQueries: true } }),
    endpoint: 'real',
    queries: own,
    subject,
    sinceMs: sinceMs - 60_000,
    clock: systemClock,
  })

  const sent: Counts[] = [await send(port, 400, 40)]
  await pods.read()
  await scraped(prometheus)
  await children.stop(workload)
  workload = await startWorkload(children, port, adminPort)
  // A restart that no scrape falls into, and whose counters outgrow what they were, is one that Prometheus cannot know of.
  await scraped(prometheus)
  watched[0] = { ...pod, restarts: 1 }
  sent.push(await send(port, 700, 70))
  const heard = await pods.read()
  watched[0] = { ...pod, restarts: 1, role: 'draining' }
  sent.push(await send(port, 30, 3))
  const drained = await pods.read()
  await scraped(prometheus)
  const asked = await served.read()
  await children.stop(workload)

  const newVersion = sum(sent.slice(0, 2))
  const draining = sum(sent.slice(2))
  const all = sum([...sent, { requests: 42, errors: 5 }])
  const rows = [
    row('Pods: a pod that was there counts from its first sight', { newVersion: { requests: 0, errors: 0 } }, first),
    row('Pods: 1210 requests over a kill and a restart', { newVersion }, heard),
    row('Pods: what came while it drained', { newVersion, draining }, drained),
  ]
  return [...rows, close('Prometheus: the same, by queries of our own', all, asked), await understood(prometheus)]
}

/** That Prometheus takes the queries of every preset. It has no such series here: their counts are not shown by this. */
async function understood(prometheus: URL): Promise<Row> {
  const queries = Object.values(presets).flatMap(({ requests, errors }) => [requests, errors])
  let taken = 0
  for (const query of queries) {
    const url = new URL('api/v1/query', prometheus)
    url.searchParams.set('query', compile(query)(subject, 60))
    if ((await fetch(url)).status === 200) taken++
  }
  const [found, expected] = [`${taken} of ${queries.length} taken`, `${queries.length} of ${queries.length} taken`]
  return { what: 'Prometheus: the queries of all presets are PromQL', expected, found, pass: found === expected }
}

async function startWorkload(children: Children, port: number, adminPort: number): Promise<ChildProcess> {
  const program = fileURLToPath(new URL('workload.ts', import.meta.url))
  const env = { PORT: String(port), DRAIN_ADMIN_PORT: String(adminPort), DRAIN_DELAY_SECONDS: '0' }
  const child = children.start(process.execPath, [program], env)
  if (child.stdout === null) throw new Error('the workload has no output')
  await Promise.race([
    once(child.stdout, 'data'),
    once(child, 'exit').then(() => Promise.reject(new Error('the workload ended'))),
  ])
  child.stdout.resume()
  return child
}

async function send(port: number, good: number, bad: number): Promise<Counts> {
  const agent = new Agent({ connections: 8 })
  const paths = [...Array<string>(good).fill('/'), ...Array<string>(bad).fill('/bad')]
  const statuses = await Promise.all(
    paths.map(async (path) => {
      const { statusCode, body } = await agent.request({ origin: `http://127.0.0.1:${port}`, path, method: 'GET' })
      await body.dump()
      return statusCode
    }),
  )
  await agent.close()
  return { requests: statuses.length, errors: statuses.filter((status) => status === 500).length }
}

/** Resolves when Prometheus has scraped the workload twice since now: it knows what was sent before. */
async function scraped(prometheus: URL): Promise<void> {
  const times = new Set<number>()
  const beganSeconds = Date.now() / 1000
  const query = new URL('api/v1/query?query=timestamp(drain_server_requests_total{code="2xx"})', prometheus)
  await until('Prometheus has scraped twice', async () => {
    const answer = (await (await fetch(query)).json()) as { data: { result: { value: [number, string] }[] } }
    const time = Number(answer.data.result[0]?.value[1] ?? 0)
    if (time > beganSeconds) times.add(time)
    return times.size >= 2
  })
}

function sum(all: readonly Counts[]): Counts {
  return all.reduce((a, b) => ({ requests: a.requests + b.requests, errors: a.errors + b.errors }), {
    requests: 0,
    errors: 0,
  })
}

function row(what: string, expected: unknown, reading: unknown): Row {
  const wanted = JSON.stringify({ kind: 'counts', counts: expected })
  return { what, expected: wanted, found: JSON.stringify(reading), pass: JSON.stringify(reading) === wanted }
}

/** `increase` extends what it saw to the whole range, by at most half an interval of scraping at each end. */
function close(
  what: string,
  expected: Counts,
  reading: Awaited<ReturnType<ReturnType<typeof createPrometheusSignal>['read']>>,
): Row {
  const tolerance = 0.1
  const found = reading.kind === 'counts' ? reading.counts.service : undefined
  const near = (value: number, wanted: number): boolean => Math.abs(value - wanted) <= wanted * tolerance
  const pass = found !== undefined && near(found.requests, expected.requests) && near(found.errors, expected.errors)
  return {
    what,
    expected: `${JSON.stringify(expected)} ± ${tolerance * 100} %`,
    found: JSON.stringify(found ?? reading),
    pass,
  }
}
