import { HealthImplementation } from 'grpc-health-check'
import { describe, expect, test } from 'vitest'
import { download, grpcStage, unary } from './grpc-stage.ts'

const check = '/grpc.health.v1.Health/Check'
const watch = '/grpc.health.v1.Health/Watch'
const list = '/grpc.health.v1.Health/List'
const request = (service: string): string =>
  service === '' ? '' : `\n${String.fromCharCode(service.length)}${service}`
const serving = '\b\x01'
const notServing = '\b\x02'
const serviceUnknown = '\b\x03'

const ownHealth = (statuses: Record<string, 'SERVING' | 'NOT_SERVING'>) => {
  const health = new HealthImplementation(statuses)
  return { health, prepare: (server: never) => health.addToServer(server) }
}

describe('the health of an application that has no health service', () => {
  test('Check answers SERVING, and NOT_SERVING while draining, for every name', async () => {
    const { client, drainer } = await grpcStage({ delaySeconds: 20 })
    const caller = client()
    for (const service of ['', 'some.Service'])
      expect(await unary(caller, check, request(service))).toMatchObject({ code: 'OK', messages: [serving] })
    drainer.start()
    for (const service of ['', 'some.Service'])
      expect(await unary(client(), check, request(service))).toMatchObject({ code: 'OK', messages: [notServing] })
  })

  test('List tells the server as a whole', async () => {
    const { client, drainer } = await grpcStage({ delaySeconds: 20 })
    expect((await unary(client(), list, '')).messages).toEqual([`\n\x04\x12\x02${serving}`])
    drainer.start()
    expect((await unary(client(), list, '')).messages).toEqual([`\n\x04\x12\x02${notServing}`])
  })

  test('Watch is told of the drain, and ended with UNAVAILABLE when connections are closed', async () => {
    const { client, drainer } = await grpcStage()
    const watcher = download(client(), watch, '')
    await watcher.count(1)
    drainer.start()
    expect(await watcher.ended).toMatchObject({ code: 'UNAVAILABLE', messages: [serving, notServing] })
    expect(await drainer.drained).toMatchObject({ verdict: 'clean' })
  })

  test('another method of the service is left to the application', async () => {
    const { client } = await grpcStage()
    expect(await unary(client(), '/grpc.health.v1.Health/Other')).toMatchObject({ code: 'UNIMPLEMENTED' })
  })
})

describe('the health of an application that serves it', () => {
  test('is what the application says, until a drain', async () => {
    const { health, prepare } = ownHealth({ '': 'SERVING', sick: 'NOT_SERVING' })
    const { client, drainer } = await grpcStage({ delaySeconds: 20, prepare: prepare as never })
    const caller = client()
    expect((await unary(caller, check, request('sick'))).messages).toEqual([notServing])
    expect(await unary(caller, check, request('strange'))).toMatchObject({ code: 'NOT_FOUND' })
    const watcher = download(caller, watch, request('strange'))
    await watcher.count(1)
    health.setStatus('strange', 'SERVING')
    await watcher.count(2)
    expect(watcher.messages).toEqual([serviceUnknown, serving])

    drainer.start()
    await watcher.count(3)
    expect(watcher.messages.at(-1)).toBe(notServing)
    expect((await unary(client(), check, request(''))).messages).toEqual([notServing])
    expect((await unary(client(), check, request('strange'))).messages).toEqual([notServing])
  })

  test('cannot speak against a drain: its last word to a watcher is NOT_SERVING', async () => {
    const { health, prepare } = ownHealth({ '': 'NOT_SERVING' })
    const { client, drainer } = await grpcStage({ prepare: prepare as never, delaySeconds: 0.05 })
    const watcher = download(client(), watch, '')
    await watcher.count(1)
    drainer.start()
    health.setStatus('', 'SERVING')
    const { messages, code } = await watcher.ended
    expect(code).toBe('UNAVAILABLE')
    expect(messages).not.toContain(serving)
    health.setStatus('', 'SERVING')
  })

  test('a watcher who comes during a drain is told once, and the application is not asked', async () => {
    const { health, prepare } = ownHealth({ '': 'SERVING' })
    const { client, drainer } = await grpcStage({ prepare: prepare as never, delaySeconds: 0.3 })
    drainer.start()
    const watcher = download(client(), watch, '')
    await watcher.count(1)
    health.setStatus('', 'SERVING')
    expect(await watcher.ended).toMatchObject({ code: 'UNAVAILABLE', messages: [notServing] })
  })
})

describe('a drain that is called off', () => {
  test('has watchers told what is true again, by the application or in its place', async () => {
    const signals = { admin: { port: 0, host: '127.0.0.1' }, undrainAfterMs: 50, delaySeconds: 20 }
    const { health, prepare } = ownHealth({ '': 'SERVING' })
    for (const own of [() => undefined, prepare as (server: unknown) => void]) {
      const { client, drainer } = await grpcStage({ ...signals, prepare: own })
      const watcher = download(client(), watch, '')
      await watcher.count(1)
      const address = await drainer.adminAddress
      await fetch(`http://127.0.0.1:${address?.port}/admin/drain`)
      await watcher.count(3)
      expect(watcher.messages).toEqual([serving, notServing, serving])
      expect((await unary(client(), check, '')).messages).toEqual([serving])
      if (own === prepare) {
        health.setStatus('', 'NOT_SERVING')
        await watcher.count(4)
        expect(watcher.messages.at(-1)).toBe(notServing)
      }
    }
  })
})

test('health calls are no traffic: neither late nor in flight nor counted', async () => {
  const { client, drainer } = await grpcStage({ delaySeconds: 0.3 })
  const watcher = download(client(), watch, '')
  await watcher.count(1)
  drainer.start()
  await unary(client(), check, '')
  const report = await drainer.drained
  expect(report.late).toMatchObject({ connections: { count: 0 }, requests: { count: 0 } })
  expect(report.inFlight).toEqual({ atDrainStart: 0, atListenerClose: 0, atDeadline: 0 })
  expect(report.before.requests).toBe(0)
  expect(drainer.metrics()).not.toMatch(/requests_total\{code="\w+"\} [1-9]/)
})
