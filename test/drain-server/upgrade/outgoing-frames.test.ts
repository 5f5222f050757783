import { array, assert, boolean, constantFrom, integer, property, record } from 'fast-check'
import { describe, expect, test } from 'vitest'
import { OutgoingFrames } from '../../../src/drain-server/upgrade/outgoing-frames.ts'

const head = Buffer.from('HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n')

function frame(length: number, { opcode = 2, masked = false } = {}): Buffer {
  const mask = masked ? 0x80 : 0
  const key = Buffer.alloc(masked ? 4 : 0, 7)
  const header = length < 126 ? Buffer.alloc(2) : length < 65_536 ? Buffer.alloc(4) : Buffer.alloc(10)
  header[0] = 0x80 | opcode
  header[1] = mask | (length < 126 ? length : length < 65_536 ? 126 : 127)
  if (header.length === 4) header.writeUInt16BE(length, 2)
  if (header.length === 10) header.writeBigUInt64BE(BigInt(length), 2)
  return Buffer.concat([header, key, Buffer.alloc(length, 0x88)])
}

/** Follows the bytes in chunks that end at these places. */
function inChunks(bytes: Buffer, cuts: number[], follow: (chunk: Buffer) => void): void {
  const places = [0, ...cuts.map((cut) => cut % bytes.length).toSorted((one, other) => one - other), bytes.length]
  for (const [index, place] of places.entries()) if (index > 0) follow(bytes.subarray(places[index - 1], place))
}

const frames = array(
  record({ length: constantFrom(0, 1, 125, 126, 127, 1000, 65_535, 65_536, 70_000), masked: boolean() }),
  { maxLength: 6 },
)
const cuts = array(integer({ min: 0, max: 400_000 }), { maxLength: 12 })

describe('the end of a frame', () => {
  test('is known however the bytes are cut into chunks', () => {
    assert(
      property(frames, cuts, (sizes, places) => {
        const outgoing = new OutgoingFrames()
        const bytes = Buffer.concat([head, ...sizes.map(({ length, masked }) => frame(length, { masked }))])
        const ends = new Set<number>([head.length])
        for (const { length, masked } of sizes) ends.add([...ends].at(-1)! + frame(length, { masked }).length)
        let followed = 0
        inChunks(bytes, places, (chunk) => {
          outgoing.follow(chunk)
          followed += chunk.length
          expect(outgoing.atBoundary).toBe(ends.has(followed))
        })
        expect(outgoing.closing).toBe(false)
      }),
    )
  })

  test('is where following to the boundary stops, and never beyond the first', () => {
    assert(
      property(frames, cuts, integer({ min: 1, max: 200_000 }), (sizes, places, from) => {
        const parts = [head, ...sizes.map(({ length }) => frame(length))]
        const bytes = Buffer.concat(parts)
        const start = from % bytes.length
        const outgoing = new OutgoingFrames()
        outgoing.follow(bytes.subarray(0, start))
        let expected = 0
        for (const part of parts) if (expected < start || expected === 0) expected += part.length
        let stopped = start
        inChunks(bytes.subarray(start), places, (chunk) => (stopped += outgoing.followToBoundary(chunk)))
        expect(stopped).toBe(expected)
        expect(outgoing.atBoundary).toBe(true)
      }),
    )
  })
})

test.each([0, 2, 125])('a close frame of the application with %i bytes is recognised', (length) => {
  const outgoing = new OutgoingFrames()
  outgoing.follow(Buffer.concat([head, frame(10, { opcode: 9 })]))
  expect(outgoing.closing).toBe(false)
  outgoing.follow(frame(length, { opcode: 8 }).subarray(0, 1))
  expect(outgoing.closing).toBe(true)
  expect(outgoing.atBoundary).toBe(false)
})

test.each(['HTTP/1.1 400 Bad Request\r\n\r\n', 'HTTP/1.1 1010 X\r\n\r\n', 'nonsense\r\n\r\n'])(
  'after %j no frames follow',
  (refusal) => {
    const outgoing = new OutgoingFrames()
    for (const byte of Buffer.from(refusal)) outgoing.follow(Buffer.from([byte]))
    expect(outgoing.refused).toBe(true)
    expect(outgoing.atBoundary).toBe(false)
    expect(outgoing.followToBoundary(Buffer.from('anything'))).toBe(8)
  },
)

test('the head ends at its empty line, not at a line end before it', () => {
  const outgoing = new OutgoingFrames()
  outgoing.follow(Buffer.from('HTTP/1.1 101 Switching Protocols\r\nx: y\r\r\n'))
  expect(outgoing.atBoundary).toBe(false)
  outgoing.follow(Buffer.from('\r\n'))
  expect(outgoing.atBoundary).toBe(true)
})
