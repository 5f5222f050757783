/**
 * The fields that a JSON text names twice, as paths: `spec.replicas`, `spec.containers[0].image`. `JSON.parse` keeps the
 * last of them without a word. The text has to be valid JSON.
 */
export function duplicateFields(text: string): string[] {
  const duplicates = new Set<string>()
  const open: Frame[] = []
  const token = /"(?:[^"\\]|\\.)*"|[{}[\],:]/g
  for (const match of text.matchAll(token)) {
    const [symbol] = match
    const top = open.at(-1)
    if (symbol === '{') open.push({ path: pathIn(top), keys: new Set(), index: -1, key: undefined })
    else if (symbol === '[') open.push({ path: pathIn(top), keys: undefined, index: 0, key: undefined })
    else if (symbol === '}' || symbol === ']') open.pop()
    else if (symbol === ',' && top !== undefined) {
      if (top.keys === undefined) top.index++
      top.key = undefined
    } else if (symbol.startsWith('"') && top?.keys !== undefined && top.key === undefined) {
      top.key = JSON.parse(symbol) as string
      if (top.keys.has(top.key)) duplicates.add(pathIn(top))
      top.keys.add(top.key)
    }
  }
  return [...duplicates]
}

interface Frame {
  readonly path: string
  /** Absent for an array. */
  readonly keys: Set<string> | undefined
  index: number
  /** The key whose value is being read. */
  key: string | undefined
}

function pathIn(frame: Frame | undefined): string {
  if (frame === undefined) return ''
  if (frame.keys === undefined) return `${frame.path}[${frame.index}]`
  return frame.path === '' ? (frame.key ?? '') : `${frame.path}.${frame.key ?? ''}`
}
