import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import type { RequestRecord } from '../../src/lab/record.ts'
import { decodeRecords, encodeRecords } from '../../src/lab/records-format.ts'
import { RecordLog } from '../../src/lab/agent/record-log.ts'

const startedMs = 1_790_000_000_000.125
const offsetMs = fc.integer({ min: 0, max: 3_600_000_000 }).map((microseconds) => microseconds / 1000)
const ended = fc.oneof(
  fc.record({
    status: fc.constantFrom(200, 204, 404, 503),
    errorCode: fc.constant(null),
    pod: fc.constantFrom('a', 'b', null),
  }),
  fc.record({
    status: fc.constant(null),
    errorCode: fc.constantFrom('ECONNRESET', 'EOF'),
    pod: fc.constantFrom('a', null),
  }),
)
const record: fc.Arbitrary<RequestRecord> = fc
  .tuple(
    offsetMs,
    fc.option(offsetMs),
    offsetMs,
    fc.nat({ max: 1000 }),
    fc.boolean(),
    ended,
    fc.integer({ min: 1, max: 10 }),
    fc.nat({ max: 3 }),
  )
  .map(([scheduled, sent, done, socketId, reused, outcome, attempts, moves]) => ({
    scheduledMs: startedMs + scheduled,
    sentMs: sent === null ? null : startedMs + sent,
    doneMs: startedMs + done,
    socketId,
    reused,
    attempts,
    moves,
    ...outcome,
  }))

test('records come back as they were, to the microsecond', () => {
  fc.assert(
    fc.property(fc.array(record), (records) => {
      const total = records.length
      const { header, records: decoded } = decodeRecords(
        encodeRecords({ id: 'a', node: 'n', startedMs, total, from: 0 }, records),
      )
      expect(header).toMatchObject({ id: 'a', node: 'n', startedMs, total, from: 0, count: total })
      expect(decoded).toHaveLength(total)
      for (const [index, { scheduledMs, sentMs, doneMs, ...rest }] of decoded.entries()) {
        const original = records[index]!
        expect(rest).toEqual({
          socketId: original.socketId,
          reused: original.reused,
          status: original.status,
          errorCode: original.errorCode,
          pod: original.pod,
          attempts: original.attempts,
          moves: original.moves,
        })
        expect(scheduledMs).toBeCloseTo(original.scheduledMs, 3)
        expect(doneMs).toBeCloseTo(original.doneMs, 3)
        expect(sentMs === null).toBe(original.sentMs === null)
        if (sentMs !== null) expect(sentMs).toBeCloseTo(original.sentMs!, 3)
      }
    }),
  )
})

test('a line of seven is a record of one attempt', () => {
  const header = { id: 'a', node: 'n', startedMs: 0, total: 1, from: 0, count: 1, pods: ['p'] }
  const { records } = decodeRecords(`${JSON.stringify(header)}\n[0,0,1,1,0,200,0]\n`)
  expect(records).toMatchObject([{ status: 200, pod: 'p', attempts: 1, moves: 0 }])
})

test('the log tells a repeated attempt from one that a server refused unprocessed', () => {
  const log = new RecordLog()
  log.schedule(1000)
  log.send(0, 1001, 1, false)
  log.move(0)
  log.send(0, 1002, 2, false)
  log.send(0, 1100, 3, true)
  log.settle(0, 1101, { status: 200, pod: 'p', moves: 2 })
  expect(log.counts()).toMatchObject({ scheduled: 1, sent: 1, attempts: 2, settled: 1, ok: 1 })
  expect([...log.records()]).toMatchObject([{ sentMs: 1001, socketId: 3, reused: true, attempts: 2, moves: 3 }])
})

test('the log keeps every record while it grows, and refuses a second end', () => {
  const log = new RecordLog()
  for (let index = 0; index < 10_000; index++) {
    log.schedule(1000 + index)
    log.send(index, 1000.5 + index, index % 7, index % 2 === 1)
    log.settle(index, 1001 + index, index % 3 === 0 ? { errorCode: 'EOF' } : { status: 200, pod: `p${index % 5}` })
  }
  expect(log.counts()).toEqual({
    scheduled: 10_000,
    sent: 10_000,
    attempts: 10_000,
    settled: 10_000,
    ok: 6666,
    lost: { EOF: 3334 },
  })
  const all = [...log.records()]
  expect(all).toHaveLength(10_000)
  expect(all[5]).toEqual({
    scheduledMs: 1005,
    sentMs: 1005.5,
    doneMs: 1006,
    socketId: 5,
    reused: true,
    status: 200,
    errorCode: null,
    pod: 'p0',
    attempts: 1,
    moves: 0,
  })
  expect(all[9999]).toMatchObject({ scheduledMs: 10_999, status: null, errorCode: 'EOF', pod: null })
  expect([...log.records(9998, 5)].map(({ scheduledMs }) => scheduledMs)).toEqual([10_998, 10_999])
  expect(() => log.settle(3, 2000, { status: 200, pod: null })).toThrow('request 3 has ended already')
})
