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
  demand(text.endsWith('\n'), 'a line feed at the end', text.slice(-80))
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
      demand(described === name, 'the HELP of the family before', line)
      demand(!types.has(name), 'one TYPE for each family', line)
      demand(['counter', 'gauge', 'histogram'].includes(rest), 'a type', line)
      types.set(name, rest)
      family = name
    } else {
      const [, sampleName = '', labelText = '', value = ''] = sampleLine.exec(line) ?? []
      const suffix = types.get(family) === 'histogram' ? /_(bucket|sum|count)$/ : /$/
      demand(sampleName.replace(suffix, '') === family, `a sample of ${family}`, line)
      demand(/^-?\d+(\.\d+)?(e[+-]?\d+)?$/.test(value), 'a number', line)
      demand(!samples.has(sampleName + labelText), 'each sample once', line)
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
    if (found === null) throw new Error(`not labels: ${text}`)
    const [, name = '', value = ''] = found
    labels[name] = value.replaceAll(/\\(.)/g, (_, escaped: string) => (escaped === 'n' ? '\n' : escaped))
  }
  return labels
}

function demand(met: boolean, what: string, line: string): void {
  if (!met) throw new Error(`expected ${what}: ${line}`)
}
