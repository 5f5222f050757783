import { closeSync, openSync } from 'node:fs'
import { Duplex } from 'node:stream'
import { describe, expect, it, onTestFinished } from 'vitest'
import { writeShutdownNotice } from '../../../src/drain-server/http2/shutdown-notice.ts'

const socket = { _handle: { fd: 7, writeQueueSize: 0 } }

describe('the shutdown notice', () => {
  it.each([
    ['a stream of JavaScript', Duplex.from([])],
    ['a socket that is closed', { _handle: null }],
    ['a handle without a descriptor', { _handle: { fd: -1, writeQueueSize: 0 } }],
    ['a handle that does not tell its queue', { _handle: { fd: 7 } }],
  ])('is impossible on %s', (_, on) => {
    expect(writeShutdownNotice(on, () => expect.unreachable())).toBe('impossible')
  })

  it('waits for what libuv has yet to write', () => {
    const queued = { _handle: { fd: 7, writeQueueSize: 1 } }
    expect(writeShutdownNotice(queued, () => expect.unreachable())).toBe('later')
  })

  it('waits for a kernel that takes nothing', () => {
    expect(writeShutdownNotice(socket, () => 0)).toBe('later')
  })

  it('waits when the descriptor cannot be written', () => {
    const fd = openSync('/dev/null', 'r')
    onTestFinished(() => closeSync(fd))
    expect(writeShutdownNotice({ _handle: { fd, writeQueueSize: 0 } })).toBe('later')
  })

  it('goes on where the kernel stopped', () => {
    const taken = [5, 0, 0, 11, 1]
    const from: number[] = []
    expect(writeShutdownNotice(socket, (_, offset) => (from.push(offset), taken.shift() ?? 0))).toBe('sent')
    expect(from).toEqual([0, 5, 5, 5, 16])
  })

  it('is broken when the kernel never takes the rest', () => {
    const taken = [5]
    expect(writeShutdownNotice(socket, () => taken.shift() ?? 0)).toBe('broken')
  })
})
