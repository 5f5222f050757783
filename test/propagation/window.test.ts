import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { addSample, decodeWindow, encodeWindow, type WindowEntry } from '../../src/propagation/index.ts'

const entry = (ms: number, beyond = false): WindowEntry => ({ ms, beyond })
const entries = fc.array(fc.record({ ms: fc.nat(999_999_999), beyond: fc.boolean() }))

describe('the window in status', () => {
  it('is one line, newest last', () => {
    expect(encodeWindow([entry(480), entry(512), entry(1000, true), entry(495)])).toBe('480 512 >1000 495')
  })

  it('comes back as it went in', () => {
    fc.assert(
      fc.property(entries, (all) => {
        expect(decodeWindow(encodeWindow(all))).toEqual({ entries: all, dropped: 0 })
      }),
    )
  })

  it('stays true when it is rounded: up, but down for what is beyond', () => {
    expect(encodeWindow([entry(480.2), entry(480.8, true)])).toBe('481 >480')
  })

  it.each<[string, WindowEntry, string]>([
    ['negative', entry(-5), '0'],
    ['infinite', entry(Infinity), '999999999'],
  ])('writes a value that is %s as one that can be read', (_, value, text) => {
    expect(encodeWindow([value])).toBe(text)
  })

  it('loses a value that is not a number: it is never read as a fast one', () => {
    expect(decodeWindow(encodeWindow([entry(Number.NaN), entry(7)]))).toEqual({ entries: [entry(7)], dropped: 1 })
  })

  it('drops and counts what is no entry', () => {
    expect(decodeWindow(' 480\t-1 512 1e9 > >>5 >7 NaN 0x10 9999999999 1.5 ')).toEqual({
      entries: [entry(480), entry(512), entry(7, true)],
      dropped: 8,
    })
    expect(decodeWindow('')).toEqual({ entries: [], dropped: 0 })
  })

  it('reads any text without an exception, and writes back what it read', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        const { entries, dropped } = decodeWindow(text)
        expect(entries.length + dropped).toBe(text.split(/\s+/).filter(Boolean).length)
        expect(decodeWindow(encodeWindow(entries)).entries).toEqual(entries)
      }),
    )
  })

  it('keeps the newest', () => {
    expect(addSample([entry(1), entry(2)], entry(3), 2)).toEqual([entry(2), entry(3)])
    const kept = addSample([], { ms: 4033.4, beyond: false }, 9)
    expect(decodeWindow(encodeWindow(kept)).entries, 'memory knows what a restart will').toEqual(kept)
    expect(addSample([entry(1), entry(2)], entry(3), 9)).toEqual([entry(1), entry(2), entry(3)])
    expect(addSample([entry(1), entry(2), entry(3)], entry(4), 1)).toEqual([entry(4)])
  })
})
