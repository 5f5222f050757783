import { expect } from 'vitest'

export interface Exposition {
  types: Map<string, string>
  /** By the sample's name with its labels, as they were written. */
  samples: Map<string, number>
  /** The labels of each sample, read back. */
  labels: Record<string, string>[]
}

const helpOrType = /^# (HELP|TYPE) ([a-zA-Z_:][\w:]*) (.+)$/
const sampleLine = /^([a-zA-Z_:][\w:]*)(\{(?:[^"}]|"(?:\\.|[^"\\])*")*\})? (\S+)$/
const labelPair = /([a-zA-Z_]\w*)="((?:\\[\\"n]|[^"\\\n])*)"(?:,|$)/y

/**
 * Reads the Prometheus text format 0.0.4 as strictly as its specification allows: HELP, then TYPE, then the samples of
 * each family, in one piece; no sample twice; a line feed at the end.
 */
export function readExposition(text: string): Exposition {
  expect(text.endsWith('\n')).toBe(true)
  const types = new Map<string, string>()
  const samples = new Map<string, number>()
  const labels: Record<string, string>[] = []
  let described = ''
  let family = ''
  for (const line of text.slice(0, -1).split('\n')) {
    const [, keyword, name = '', rest = ''] = helpOrType.exec(line) ?? []
    if (keyword === 'HELP') {
      described = name
    } else if (keyword === 'TYPE') {
      expect(described, line).toBe(name)
      expect(types.has(name), line).toBe(false)
      expect(['counter', 'gauge', 'histogram']).toContain(rest)
      types.set(name, rest)
      family = name
    } else {
      const [, sampleName = '', labelText = '', value = ''] = sampleLine.exec(line) ?? []
      const suffix = types.get(family) === 'histogram' ? /_(bucket|sum|count)$/ : /$/
      expect(sampleName.replace(suffix, ''), line).toBe(family)
      expect(value, line).toMatch(/^-?\d+(\.\d+)?(e[+-]?\d+)?$/)
      expect(samples.has(sampleName + labelText), line).toBe(false)
      samples.set(sampleName + labelText, Number(value))
      labels.push(readLabels(labelText.slice(1, -1)))
    }
  }
  return { types, samples, labels }
}

function readLabels(text: string): Record<string, string> {
  const labels: Record<string, string> = {}
  labelPair.lastIndex = 0
  while (labelPair.lastIndex < text.length) {
    const found = labelPair.exec(text)
    expect(found, text).not.toBeNull()
    const [, name = '', value = ''] = found ?? []
    labels[name] = value.replaceAll(/\\(.)/g, (_, escaped: string) => (escaped === 'n' ? '\n' : escaped))
  }
  return labels
}
