import { describe, expect, test } from 'vitest'
import type { Outcome } from '../../src/lab/agent/protocol/client.ts'
import { Conversation, type LineEvents } from '../../src/lab/agent/protocol/conversation.ts'

/** A conversation of 10 s with a word each second, whose lines and time the test moves. */
function talk() {
  let nowMs = 0
  const timers = new Set<{ atMs: number; callback: () => void }>()
  const lines: { events: LineEvents; said: number[]; finished: boolean }[] = []
  let outcome: Outcome | null = null
  const after = (delayMs: number, callback: () => void) => {
    const timer = { atMs: nowMs + delayMs, callback }
    timers.add(timer)
    return () => void timers.delete(timer)
  }
  const conversation = new Conversation(
    (events) => {
      const line = { events, said: [] as number[], finished: false }
      lines.push(line)
      return {
        connectionId: lines.length,
        reused: false,
        say: (message) => void line.said.push(message),
        finish: () => void (line.finished = true),
        cut: () => {},
      }
    },
    { everyMs: 1000, lifeMs: 10_000 },
    { after, nowMs: () => nowMs, random: () => 0.5, available: () => {} },
    (settled) => (outcome = settled),
  )
  const until = (atMs: number) => {
    for (;;) {
      const [next] = [...timers].filter((timer) => timer.atMs <= atMs).sort((a, b) => a.atMs - b.atMs)
      if (next === undefined) break
      timers.delete(next)
      nowMs = next.atMs
      next.callback()
    }
    nowMs = atMs
  }
  const echo = (line: number) => lines[line]!.said.splice(0).forEach((message) => lines[line]!.events.heard(message))
  return { conversation, lines, until, echo, outcome: () => outcome, timers }
}

describe('a conversation', () => {
  test('is complete when its life is over, everything was answered, and its line ended', () => {
    const { lines, until, echo, outcome, timers } = talk()
    lines[0]!.events.pod('a')
    until(9999)
    expect(lines[0]).toMatchObject({ said: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10], finished: false })
    until(11_000)
    expect(lines[0]!.finished).toBe(false)
    echo(0)
    expect(lines[0]!.finished).toBe(true)
    expect(outcome()).toBeNull()
    lines[0]!.events.over({ kind: 'finished' })
    expect(outcome()).toEqual({ status: 200, pod: 'a', moves: 0 })
    expect(timers.size).toBe(0)
  })

  test('goes on elsewhere after a goodbye, and asks again what was not answered', () => {
    const { lines, until, echo, outcome } = talk()
    until(500)
    echo(0)
    until(2500)
    expect(lines[0]!.said).toEqual([2, 3])
    lines[0]!.events.over({ kind: 'goodbye' })
    expect(lines).toHaveLength(1)
    until(2550)
    expect(lines[1]!.said).toEqual([2, 3])
    lines[1]!.events.pod('b')
    until(10_000)
    echo(1)
    lines[1]!.events.over({ kind: 'finished' })
    expect(outcome()).toEqual({ status: 200, pod: 'b', moves: 1 })
  })

  test('is over when a server says goodbye to one that has nothing more to say', () => {
    const { lines, until, echo, outcome } = talk()
    until(10_000)
    echo(0)
    lines[0]!.events.over({ kind: 'goodbye' })
    expect(outcome()).toMatchObject({ status: 200, moves: 0 })
  })

  test.each([
    ['a line that breaks', { kind: 'broken', errorCode: 'WS_1006' }, { errorCode: 'WS_1006', pod: null, moves: 0 }],
    [
      'a server that answers otherwise',
      { kind: 'refused', status: 200 },
      { errorCode: 'MALFORMED', pod: null, moves: 0 },
    ],
    ['a server that refuses it', { kind: 'refused', status: 503 }, { status: 503, pod: null, moves: 0 }],
  ] as const)('is lost with %s', (_what, end, expected) => {
    const { lines, until, outcome, timers } = talk()
    until(1500)
    lines[0]!.events.over(end)
    expect(outcome()).toEqual(expected)
    expect(timers.size).toBe(0)
  })

  test('gives up on servers that only send it away', () => {
    const { lines, until, outcome } = talk()
    for (let move = 0; move <= 16; move++) {
      lines.at(-1)!.events.over({ kind: 'goodbye' })
      until(100 * (move + 1))
    }
    expect(lines).toHaveLength(17)
    expect(outcome()).toMatchObject({ errorCode: 'SENT_AWAY', moves: 16 })
  })

  test('that is cancelled settles nothing and leaves nothing behind', () => {
    const { conversation, lines, outcome, timers } = talk()
    conversation.cancel()
    lines[0]!.events.over({ kind: 'broken', errorCode: 'WS_1006' })
    expect(outcome()).toBeNull()
    expect(timers.size).toBe(0)
  })
})
