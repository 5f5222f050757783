import { connect } from 'node:net'
import { describe, expect, test } from 'vitest'
import { type Protocol, protocols, type ServerProgram } from '../../src/lab/scenario.ts'
import { records, refusingPort, startLoad, tcpServer } from './loopback.ts'
import { startWorkload } from './workloads/running-workload.ts'
import { waitFor } from '../wait-for.ts'

const streams = (protocol: Protocol) => protocol === 'websocket' || protocol === 'grpc-stream'
const shapeOf = (protocol: Protocol) =>
  streams(protocol)
    ? { protocol, connections: protocol === 'websocket' ? 50 : 4, ratePerSecond: 40, workMs: 20, streamSeconds: 0.5 }
    : { protocol, connections: 4, ratePerSecond: 200, workMs: 5 }

describe.each(protocols)('%s', (protocol) => {
  test('every piece of work is done once, by the pod that says so', async () => {
    const { port } = await startWorkload({ PROTOCOL: protocol })
    const load = startLoad(port, { ...shapeOf(protocol), maxRequests: 40 })
    await load.finished
    expect(load.status()).toMatchObject({ scheduled: 40, attempts: 40, ok: 40, lost: {} })
    const all = records(load)
    expect(all.every(({ pod, status, moves }) => pod === 'pod-1' && status === 200 && moves === 0)).toBe(true)
    const leastMs = streams(protocol) ? 500 : 5
    for (const { doneMs, sentMs } of all) expect(doneMs - sentMs!).toBeGreaterThan(leastMs - 2)
    const connections = new Set(all.map(({ socketId }) => socketId)).size
    expect(connections).toBe(protocol === 'websocket' ? 40 : 4)
    expect(all.filter(({ reused }) => !reused)).toHaveLength(connections)
  })

  test('nobody listens: all is lost, and told by its kind', async () => {
    const kind = protocol.startsWith('grpc') ? 'UNAVAILABLE' : 'ECONNREFUSED'
    const load = startLoad(await refusingPort(), { ...shapeOf(protocol), maxRequests: 5 })
    await load.finished
    expect(load.status()).toMatchObject({ ok: 0, lost: { [kind]: 5 } })
  })

  test('abort gives what is out a record that says so, and lets go', async () => {
    const { port } = await startWorkload({ PROTOCOL: protocol })
    const load = startLoad(port, { ...shapeOf(protocol), workMs: 30_000, streamSeconds: 30, maxRequests: 3 })
    await waitFor(() => expect(load.status().sent).toBe(3))
    load.abort()
    await load.finished
    expect(load.status()).toMatchObject({ state: 'finished', lost: { STOPPED: 3 } })
  })

  test(streams(protocol) ? 'the time that a stream lasts is not its time-out' : 'time runs out', async () => {
    const { port } = await startWorkload({ PROTOCOL: protocol, SERVER_CONCURRENCY: '1' })
    const time = streams(protocol) ? { timeoutMs: 3000, streamSeconds: 3.5 } : { timeoutMs: 100 }
    const load = startLoad(port, { ...shapeOf(protocol), workMs: 30_000, maxRequests: 2, ...time })
    await load.finished
    if (streams(protocol)) expect(load.status()).toMatchObject({ ok: 2 })
    else expect(load.status().lost).toEqual({ [protocol === 'grpc-unary' ? 'DEADLINE_EXCEEDED' : 'TIMEOUT']: 2 })
  })
})

/** A Service of one: new connections go to the pod that it has now, open ones stay where they are. */
async function service(port: number) {
  let podPort = port
  const servicePort = await tcpServer((socket) => {
    const pod = connect(podPort, '127.0.0.1')
    pod.on('error', () => socket.resetAndDestroy())
    socket.on('close', () => pod.destroy())
    pod.on('close', () => socket.destroy())
    socket.pipe(pod).pipe(socket)
  })
  return { port: servicePort, routeTo: (next: number) => (podPort = next) }
}

/** Ends a pod under load while routing goes to another one from `lagMs` after the signal on. */
async function endUnderLoad(protocol: Protocol, SERVER: ServerProgram, lagMs: number) {
  const delay = { DRAIN_DELAY_SECONDS: '1', DRAIN_GRACE_SECONDS: '8' }
  const [old, young] = await Promise.all([
    startWorkload({ PROTOCOL: protocol, POD_NAME: 'old', SERVER, ...delay }),
    startWorkload({ PROTOCOL: protocol, POD_NAME: 'young', SERVER: 'drained' }),
  ])
  const { port, routeTo } = await service(old.port)
  const load = startLoad(port, {
    ...shapeOf(protocol),
    connections: 60,
    ratePerSecond: 60,
    workMs: 200,
    streamSeconds: 3,
    maxRequests: 10_000,
  })
  await waitFor(() => expect(load.status().sent).toBeGreaterThan(20))
  old.child.kill('SIGTERM')
  setTimeout(() => routeTo(young.port), lagMs)
  const [exitCode, signal] = await old.exited
  await load.stop()
  return { exit: signal ?? exitCode, lost: load.status().lost, records: records(load) }
}

describe('a server that ends under its work', () => {
  test.each<[Protocol, string[]]>([
    ['http', ['ECONNRESET', 'EOF']],
    ['http2', ['ECONNRESET', 'EOF']],
    ['grpc-unary', ['UNAVAILABLE']],
    ['grpc-stream', ['UNAVAILABLE']],
    ['websocket', ['ECONNRESET', 'WS_1006']],
  ])('%s, at once: what was under way is lost', async (protocol, kinds) => {
    const { exit, lost } = await endUnderLoad(protocol, 'exit-at-once', 0)
    expect(exit).toBe('SIGTERM')
    expect(Object.keys(lost)).not.toEqual([])
    for (const kind of Object.keys(lost)) expect(kinds).toContain(kind)
  })

  test.each(protocols)('%s, drained: nothing is lost, and streams go on elsewhere', async (protocol) => {
    const { exit, lost, records: all } = await endUnderLoad(protocol, 'drained', 300)
    expect({ exit, lost }).toEqual({ exit: 0, lost: {} })
    // Streams outlive the old pod: each of them has gone on in the young one.
    expect(new Set(all.map(({ pod }) => pod))).toEqual(new Set(streams(protocol) ? ['young'] : ['old', 'young']))
    const moved = all.filter(({ moves }) => moves > 0)
    if (streams(protocol)) expect(moved.length).toBeGreaterThan(20)
    for (const { pod, attempts } of moved) expect({ pod, attempts }).toEqual({ pod: 'young', attempts: 1 })
  })
})
