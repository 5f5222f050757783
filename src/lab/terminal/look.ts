import { styleText } from 'node:util'

/** What a piece of text wants to say by its colour. */
export type Tone = 'plain' | 'strong' | 'muted' | 'good' | 'bad' | 'warn' | 'info'

/** What the place that the text goes to can show. */
export interface Look {
  /** Columns. */
  readonly width: number
  /** Boxes, bars and marks beyond ASCII; only on a terminal. */
  readonly unicode: boolean
  readonly colours: boolean
}

const STYLE_OF = {
  plain: [],
  strong: ['bold'],
  muted: ['dim'],
  good: ['bold', 'green'],
  bad: ['bold', 'red'],
  warn: ['yellow'],
  info: ['cyan'],
} as const satisfies Record<Tone, readonly string[]>

const WIDTH_WITHOUT_TERMINAL = 100

/** A terminal as far as the lab needs it: process.stdout is one. */
export interface OutputStream {
  readonly isTTY?: boolean
  readonly columns?: number
  write(text: string): unknown
}

/**
 * What a stream can show. Colours only on a terminal, and not where `NO_COLOR` is set to anything (no-color.org) or
 * the terminal is `dumb`.
 */
export function lookOf(stream: OutputStream, environment: Readonly<Record<string, string | undefined>>): Look {
  const terminal = stream.isTTY === true && environment['TERM'] !== 'dumb'
  return {
    width: terminal ? (stream.columns ?? 80) : WIDTH_WITHOUT_TERMINAL,
    unicode: terminal,
    colours: terminal && (environment['NO_COLOR'] ?? '') === '',
  }
}

/** Text in a tone, where there are colours. */
export function paint(look: Look, tone: Tone, text: string): string {
  if (!look.colours || text === '' || tone === 'plain') return text
  return styleText([...STYLE_OF[tone]], text, { validateStream: false })
}

/** Cuts text to a width, and shows that it was cut. */
export function cut(look: Look, text: string, width: number): string {
  if (text.length <= width) return text
  const mark = look.unicode ? '…' : '~'
  return width < 1 ? '' : text.slice(0, width - 1) + mark
}

/** Breaks text at blanks into lines of at most `width` characters; a longer word stays whole. */
export function wrap(text: string, width: number): string[] {
  const lines: string[] = []
  for (const word of text.split(' ')) {
    const last = lines.at(-1)
    if (last !== undefined && last.length + 1 + word.length <= width) lines[lines.length - 1] = `${last} ${word}`
    else lines.push(word)
  }
  return lines
}
