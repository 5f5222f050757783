import { readFileSync } from 'node:fs'
import { parseDocument } from 'yaml'
import { type Endpoints, endpointsSchema } from '../../signals/index.ts'

/** The administrator's file cannot be used. The message says where in it, and what to write; it quotes nothing of it. */
export class EndpointsFileError extends Error {
  override readonly name = 'EndpointsFileError'
}

/**
 * The Prometheus servers that policies may name, from a file in YAML or JSON. An empty file names none.
 * @returns undefined when there is no such file
 * @throws EndpointsFileError
 */
export function readEndpoints(file: string): Endpoints | undefined {
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? 'unknown'
    if (code === 'ENOENT') return undefined
    throw new EndpointsFileError(`the file of endpoints ${file} cannot be read: ${code}`)
  }
  return parseEndpoints(text, file)
}

const example = 'main: { url: http://prometheus.monitoring.svc:9090 }'

/**
 * @param file what messages call it
 * @throws EndpointsFileError
 */
export function parseEndpoints(text: string, file: string): Endpoints {
  const document = parseDocument(text, { logLevel: 'silent' })
  const fault = document.errors[0]
  if (fault !== undefined) {
    const at = fault.linePos?.[0]
    const where = at === undefined ? file : `${file}, line ${at.line}, column ${at.col}`
    throw new EndpointsFileError(`${where}: this is not YAML (${fault.code}). Write for example: ${example}`)
  }
  const read = endpointsSchema.safeParse(valueOf(document, file) ?? {})
  if (read.success) return read.data
  const faults = read.error.issues.map((issue) => `${placeOf(issue.path)}: ${wordsOf(issue)}`)
  throw new EndpointsFileError(`${file}: ${faults.join('; ')}. Write for example: ${example}`)
}

/** A document that is YAML can still name an anchor too often. */
function valueOf(document: ReturnType<typeof parseDocument>, file: string): unknown {
  try {
    return document.toJS({ maxAliasCount: 0 })
  } catch {
    throw new EndpointsFileError(`${file}: anchors and aliases are not read. Write each endpoint out: ${example}`)
  }
}

type Issue = NonNullable<ReturnType<typeof endpointsSchema.safeParse>['error']>['issues'][number]

/** Of a name that is none, what a name has to be. */
function wordsOf(issue: Issue): string {
  return issue.code === 'invalid_key' ? `the name ${issue.issues[0]?.message ?? 'is none'}` : issue.message
}

function placeOf(path: readonly PropertyKey[]): string {
  return path.length === 0 ? 'the whole' : path.map(String).join('.')
}
