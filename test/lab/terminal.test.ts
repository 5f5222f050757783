import { stripVTControlCharacters } from 'node:util'
import { describe, expect, test } from 'vitest'
import {
  judge,
  type LabRun,
  type Look,
  lookOf,
  measureRun,
  type Progress,
  ProgressWriter,
  renderProgress,
  renderSummary,
} from '../../src/lab/index.ts'
import { formatClock, formatCount, formatMs, formatRate, formatShare } from '../../src/lab/terminal/format.ts'
import { every, lostAt, recordAt } from './record-builder.ts'

const TERMINAL: Look = { width: 80, unicode: true, colours: false }
const PLAIN: Look = { width: 100, unicode: false, colours: false }

function runOf(name: string, lost: number, count: number): LabRun {
  const records = every(2.5, 0, 2.5 * count).map((atMs, index) =>
    index % 100 === 50 && index / 100 < lost
      ? lostAt(atMs, index % 200 === 50 ? 'ECONNREFUSED' : 'EOF')
      : recordAt(atMs, { doneMs: atMs + 0.5 + (index % 100) / 10 }),
  )
  const probes = ['node-a', 'node-b'].map((node, at) => ({
    node,
    scheduled: 4000,
    offsetMs: 0,
    records: every(5, 0, 20_000).map((atMs, index) =>
      recordAt(atMs, { pod: index % 4 === 0 && atMs < 8_100 + at * 333 ? 'old' : 'new' }),
    ),
  }))
  return measureRun({
    name,
    loads: [{ node: 'node-a', scheduled: count, offsetMs: 0, records }],
    probes,
    rollouts: [{ startMs: 0, endMs: 1000 }],
    deletions: [
      { pod: 'old', deletedMs: 8000, endedMs: null },
      { pod: 'unseen', deletedMs: 8000, endedMs: null },
    ],
  })
}

const naive = runOf('naive', 7, 1200)
const drained: LabRun = {
  ...runOf('drained', 0, 4000),
  agreement: {
    known: 80,
    compared: 80,
    agreeing: 77,
    share: 77 / 80,
    worst: { pod: 'old', sampleMs: 320, startedMs: 200, answeredMs: 200, differenceMs: 120 },
    differences: [],
    truthQuantileMs: 420,
    boundCovers: true,
  },
}
const asked = { minRequests: 4000, minRatePerSecond: 400, minRestarts: 1, maxLost: 0 }
const summary = { verdict: judge(drained, asked, naive), runs: [naive, drained] }

describe('the summary', () => {
  test('on a terminal', () => {
    expect(renderSummary(summary, TERMINAL).join('\n')).toMatchSnapshot()
  })

  test('in a log', () => {
    const text = renderSummary(summary, PLAIN).join('\n')
    expect(text).toMatchSnapshot()
    expect(text).toMatch(/^[ -~\n]*$/)
    expect(text).not.toMatch(/ $/m)
  })

  test('on a narrow terminal: one run after the other', () => {
    expect(renderSummary(summary, { ...TERMINAL, width: 44 }).join('\n')).toMatchSnapshot()
  })

  test('that failed says what was asked for', () => {
    const verdict = judge(naive, asked)
    expect(renderSummary({ verdict, runs: [naive] }, TERMINAL).slice(0, 4)).toMatchSnapshot()
  })

  test('says the same in colours', () => {
    const coloured = renderSummary(summary, { ...TERMINAL, colours: true }).join('\n')
    expect(coloured).toContain('\u001B[32m')
    expect(stripVTControlCharacters(coloured)).toBe(renderSummary(summary, TERMINAL).join('\n'))
  })

  test.each([120, 80, 62, 61, 50, 44])('fits %i columns, and every line of a box is as wide as the others', (width) => {
    const lines = renderSummary(summary, { ...TERMINAL, width })
    expect(Math.max(...lines.map(({ length }) => length))).toBeLessThanOrEqual(width)
    const box = lines.filter((line) => /^[│├╭╰]/.test(line))
    expect(new Set(box.map(({ length }) => length)).size).toBe(1)
  })
})

const progress: Progress = {
  phase: 'rolling restarts of drained',
  step: { name: 'restart', at: 7, of: 20 },
  load: { ratePerSecond: 412, sent: 38_120, lost: 0 },
  elapsedSeconds: 133,
}

describe('progress', () => {
  test('on terminals from wide to narrow', () => {
    const widths = [120, 90, 76, 64, 48, 36, 20]
    const lines = widths.map((width) => renderProgress(progress, { ...TERMINAL, width }))
    lines.forEach((line, index) => expect(line.length).toBeLessThanOrEqual(widths[index]!))
    expect(lines).toMatchSnapshot()
  })

  test('in a log', () => {
    expect([
      renderProgress(progress, PLAIN),
      renderProgress({ ...progress, step: null, load: null, elapsedSeconds: 3_725 }, PLAIN),
    ]).toMatchSnapshot()
  })

  test('shows a loss in red', () => {
    const load = { ratePerSecond: 412, sent: 38_120, lost: 3 }
    expect(renderProgress({ ...progress, load }, { ...TERMINAL, width: 120, colours: true })).toContain(
      '\u001B[1m\u001B[31m3 lost',
    )
  })
})

describe('the progress writer', () => {
  function written(look: Look, steps: (writer: ProgressWriter, at: (ms: number) => void) => void): string[] {
    const chunks: string[] = []
    let nowMs = 0
    const writer = new ProgressWriter({ write: (text) => chunks.push(text) }, look, () => nowMs)
    steps(writer, (ms) => {
      nowMs = ms
    })
    return chunks
  }
  const updates = (times: readonly number[]) => (writer: ProgressWriter, at: (ms: number) => void) => {
    for (const ms of times) {
      at(ms)
      writer.update(progress)
    }
  }

  test('redraws a terminal five times a second at most', () => {
    const chunks = written(TERMINAL, updates(every(10, 0, 1000)))
    expect(chunks).toHaveLength(5)
    expect(new Set(chunks)).toEqual(new Set([`\r\u001B[2K${renderProgress(progress, TERMINAL)}`]))
  })

  test('writes a log line every five seconds, and one for each new phase', () => {
    const chunks = written(PLAIN, (writer, at) => {
      updates(every(100, 0, 12_000))(writer, at)
      writer.update({ ...progress, phase: 'quiet time' })
    })
    expect(chunks).toHaveLength(4)
    expect(chunks[0]).toBe(`${renderProgress(progress, PLAIN)}\n`)
    expect(chunks[3]).toContain('quiet time')
  })

  test('takes the line away for text that stays, and draws it again', () => {
    const chunks = written(TERMINAL, (writer) => {
      writer.update(progress)
      writer.print('pod a ended clean')
      writer.update(progress)
      writer.clear()
      writer.clear()
    })
    const line = `\r\u001B[2K${renderProgress(progress, TERMINAL)}`
    expect(chunks).toEqual([line, '\r\u001B[2K', 'pod a ended clean\n', line, '\r\u001B[2K'])
  })
})

describe('what a stream can show', () => {
  const write = () => {}
  test.each([
    ['a terminal', { isTTY: true, columns: 133, write }, {}, { width: 133, unicode: true, colours: true }],
    [
      'a terminal with NO_COLOR',
      { isTTY: true, columns: 80, write },
      { NO_COLOR: '1' },
      { width: 80, unicode: true, colours: false },
    ],
    [
      'an empty NO_COLOR is none',
      { isTTY: true, columns: 80, write },
      { NO_COLOR: '' },
      { width: 80, unicode: true, colours: true },
    ],
    ['a dumb terminal', { isTTY: true, columns: 80, write }, { TERM: 'dumb' }, PLAIN],
    ['a pipe', { write }, {}, PLAIN],
  ] as const)('%s', (_sentence, stream, environment, look) => {
    expect(lookOf(stream, environment)).toEqual(look)
  })
})

test.each([
  [formatMs(0.836), '0.84 ms'],
  [formatMs(4.21), '4.2 ms'],
  [formatMs(9.96), '10 ms'],
  [formatMs(41.9), '42 ms'],
  [formatMs(999.6), '1.00 s'],
  [formatMs(1240), '1.24 s'],
  [formatMs(null), '-'],
  [formatMs(Number.POSITIVE_INFINITY), 'unknown'],
  [formatClock(59.9), '0:59'],
  [formatClock(3725), '1:02:05'],
  [formatRate(411.7), '412/s'],
  [formatRate(null), '-'],
  [formatShare(77 / 80), '96.3 %'],
  [formatShare(null), '-'],
  [formatCount(104_322), '104,322'],
])('%s is written as %s', (written, expected) => {
  expect(written).toBe(expected)
})
