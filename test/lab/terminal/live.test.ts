import { stripVTControlCharacters } from 'node:util'
import { describe, expect, test } from 'vitest'
import type { RehearsalEvent, UntimedEvent, VariantOutline } from '../../../src/lab/rehearsal/events.ts'
import { emptyState, frame, LiveView, next } from '../../../src/lab/terminal/live/index.ts'

const size = { width: 80, height: 30 }
const unicode = { width: 80, unicode: true, colours: false }
const ascii = { width: 80, unicode: false, colours: false }

const outline: VariantOutline = {
  scenario: 'http',
  scenarioTitle: 'HTTP',
  variant: 'naive',
  variantTitle: 'naive',
  index: 1,
  of: 3,
  expectedSeconds: 20,
}

const at = (atMs: number, event: UntimedEvent): RehearsalEvent => ({ atMs, ...event })
const load = (atMs: number, second: number, requests: number, lost = 0): RehearsalEvent =>
  at(atMs, {
    type: 'load',
    load: { second, requests, lost, lostByKind: lost === 0 ? {} : { ECONNRESET: lost }, inFlight: 0 },
  })
const pod = (
  atMs: number,
  name: string,
  state: 'starting' | 'ready' | 'terminating' | 'ended' | 'gone',
): RehearsalEvent => at(atMs, { type: 'pod', pod: `app-6c9f-${name}`, node: 'n1', state })

const history: readonly RehearsalEvent[] = [
  at(0, {
    type: 'rehearsal-started',
    clusterKind: 'embedded',
    nodes: ['n1', 'n2'],
    kubernetesVersion: '1.36.3',
    variants: [outline],
  }),
  at(1000, { type: 'variant-started', outline }),
  at(1000, { type: 'phase', phase: 'deploy' }),
  pod(1000, 'aaaaa', 'starting'),
  pod(2000, 'aaaaa', 'ready'),
  at(2000, { type: 'phase', phase: 'disruptions' }),
  at(2000, { type: 'disruption-started', at: 1, of: 2, counted: true, what: 'rolling restart' }),
  load(3000, 0, 100),
  pod(3000, 'bbbbb', 'ready'),
  pod(3000, 'aaaaa', 'terminating'),
  load(4000, 1, 200, 7),
  pod(4000, 'aaaaa', 'ended'),
  pod(4100, 'aaaaa', 'gone'),
]

const after = (events: readonly RehearsalEvent[]) => events.reduce(next, emptyState)
const shown = (nowMs: number, look = unicode, of = size): string[] => frame(after(history), nowMs, of, look)

describe('the state', () => {
  test('adds up the seconds of one load, and counts anew with the next', () => {
    const state = after(history)
    expect([state.requests, state.lost, state.lostByKind]).toEqual([300, 7, { ECONNRESET: 7 }])
    const again = next(state, load(9000, 0, 50))
    expect([again.requests, again.lost, again.lostByKind]).toEqual([50, 0, {}])
  })

  test('forgets pods and load of the variant before, and keeps its outcome', () => {
    const ended = next(
      after(history),
      at(5000, { type: 'variant-ended', outline, requests: 300, lost: 7, passed: true }),
    )
    const state = next(ended, at(6000, { type: 'variant-started', outline: { ...outline, index: 2 } }))
    expect([state.pods, state.seconds, state.lost]).toEqual([[], [], 0])
    expect(state.done).toEqual([{ outline, requests: 300, lost: 7, passed: true }])
  })
})

describe('a frame', () => {
  test('says where we are, what happens and what was lost', () => {
    const text = shown(5000).join('\n')
    expect(text).toContain('embedded cluster of 2 nodes, Kubernetes 1.36.3')
    expect(text).toContain('HTTP > naive   1 of 3')
    expect(text).toContain('disruptions: rolling restart 1 of 2')
    expect(text).toContain('200/s now, 300 in all, 7 lost  ECONNRESET 7')
  })

  test('draws each pod along the same time as the losses', () => {
    const lines = shown(4900)
    const lane = lines.find((line) => line.startsWith('aaaaa')) ?? ''
    // From 1 s on, a quarter of a second each: 4 starting, 4 ready, 4 terminating, then its end.
    expect(lane.slice(14)).toBe('····━━━━▒▒▒▒×   ')
    const losses = lines.find((line) => line.startsWith('lost')) ?? ''
    expect(losses.slice(14)).toBe('    ····████    ')
  })

  test('knows ASCII only where there is no terminal', () => {
    expect(
      shown(4900, ascii)
        .find((line) => line.startsWith('aaaaa'))
        ?.slice(14),
    ).toBe('....====ddddx   ')
    // biome-ignore lint/suspicious/noControlCharactersInRegex: everything beyond ASCII is looked for
    expect(shown(4900, ascii).join('')).toMatch(/^[\x20-\x7e]*$/)
  })

  test.each([
    [20, 10],
    [40, 6],
    [80, 24],
    [200, 60],
  ])('fits into %i columns and %i rows, after any event', (width, height) => {
    const many = Array.from({ length: 50 }, (_, index) =>
      pod(5000 + index, `pod${index}`, index % 2 === 0 ? 'ready' : 'gone'),
    )
    const events = [...history, ...many, at(6000, { type: 'step', text: 'x'.repeat(500) })]
    for (let count = 0; count <= events.length; count += 1) {
      const lines = frame(
        after(events.slice(0, count)),
        7000,
        { width, height },
        { width, unicode: true, colours: true },
      )
      expect(lines.length).toBeLessThan(height)
      for (const line of lines) expect(stripVTControlCharacters(line).length).toBeLessThanOrEqual(width)
    }
  })

  test('drops pods that are gone before those that are there', () => {
    const events = [...history, ...Array.from({ length: 30 }, (_, index) => pod(5000 + index, `new${index}`, 'ready'))]
    const lines = frame(after(events), 7000, { width: 80, height: 40 }, unicode)
    expect(lines.some((line) => line.startsWith('aaaaa'))).toBe(false)
    expect(lines.some((line) => line.startsWith('new29'))).toBe(true)
  })
})

describe('the view', () => {
  const view = (isTTY: boolean) => {
    const written: string[] = []
    const stream = { isTTY, columns: 80, rows: 24, write: (text: string) => written.push(text) }
    return { written, view: new LiveView(stream, isTTY ? unicode : ascii, () => 5000) }
  }

  test('writes a line for each happening where there is no terminal', () => {
    const { written, view: live } = view(false)
    for (const event of history) live.take(event)
    live.stop()
    expect(written).toEqual([
      '[0:00] embedded cluster of 2 nodes, Kubernetes 1.36.3\n',
      '[0:01] 1 of 3: HTTP > naive\n',
      '[0:02] rolling restart 1 of 2\n',
      '[0:04] 7 lost: ECONNRESET 7\n',
    ])
  })

  test('gives the cursor back, once', () => {
    const { written, view: live } = view(true)
    live.take(history[0] as RehearsalEvent)
    live.stop()
    live.stop()
    expect(written[0]).toBe('\u001B[?25l')
    expect(written.filter((text) => text === '\u001B[?25h')).toHaveLength(1)
    expect(written.at(-1)).toBe('\u001B[?25h')
  })

  test('gives the cursor back when the process ends under it, and keeps nothing of an ended one', () => {
    const before = process.listeners('exit')
    const { written, view: live } = view(true)
    const added = process.listeners('exit').filter((listener) => !before.includes(listener))
    expect(added).toHaveLength(1)
    added[0]?.call(process, 0)
    expect(written.at(-1)).toBe('\u001B[?25h')
    live.stop()
    expect(process.listeners('exit')).toEqual(before)
  })
})
