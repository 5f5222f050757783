import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { LineDecoder } from '../../src/kube/line-decoder.ts'

test('however a text is cut into chunks, its lines come out whole and in order', () => {
  const line = fc.string({ unit: 'grapheme' }).map((text) => text.replaceAll('\n', ' '))
  fc.assert(
    fc.property(fc.array(line), line, fc.array(fc.integer({ min: 1, max: 9 })), (lines, rest, sizes) => {
      const bytes = Buffer.from(lines.map((text) => `${text}\n`).join('') + rest)
      const decoder = new LineDecoder()
      const decoded: string[] = []
      for (let start = 0, i = 0; start < bytes.length; i++) {
        const end = start + (sizes[i % Math.max(1, sizes.length)] ?? 3)
        decoded.push(...decoder.push(bytes.subarray(start, end)))
        start = end
      }
      expect(decoded).toEqual(lines.filter((text) => text.trim() !== ''))
      expect(decoder.truncated).toBe(rest !== '')
    }),
  )
})
