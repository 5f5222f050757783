import type { Check } from '../check.ts'
import type { Kubectl } from '../kubectl.ts'
import { badInputNamespace, policy } from './objects.ts'
import { accepted, type RefusedRow, refusedRows } from './refused.ts'

/** What was found of one broken policy: a line of the table in the documents. */
export interface BadInputFigure {
  name: string
  by: 'API server' | 'condition'
  /** Type, status and reason, where a condition tells it. */
  condition?: string
  message: string
}

export interface TableResult {
  checks: Check[]
  rows: BadInputFigure[]
}

const nameOf = (index: number): string => `refused-${index + 1}`

/** Applies every broken policy with the real kubectl, and looks what is there afterwards: nothing. */
export async function refuseTable(kubectl: Kubectl): Promise<TableResult> {
  const valid = await kubectl.attempt(
    ['apply', '--dry-run=server', '-f', '-'],
    JSON.stringify(policy('accepted', accepted)),
  )
  const answers: { row: RefusedRow; name: string; code: number; message: string }[] = []
  for (const [index, row] of refusedRows.entries()) {
    const name = nameOf(index)
    const { code, stdout, stderr } = await kubectl.attempt(['apply', '-f', '-'], JSON.stringify(policy(name, row.spec)))
    answers.push({ row, name, code, message: readable(code === 0 ? stdout : stderr) })
  }
  const there = await kubectl.run(['-n', badInputNamespace, 'get', 'drainpolicies', '-o', 'name'])
  const made = new Set(there.split('\n').map((line) => line.split('/')[1]))
  const checks = answers.map(({ row, name, code, message }) => {
    const missing = row.says.filter((words) => !message.includes(words))
    const wrong = [
      ...(code === 0 ? ['it was accepted'] : []),
      ...(made.has(name) ? ['the object is there'] : []),
      ...missing.map((words) => `not said: ${words}`),
    ]
    return { name: `refused: ${row.name}`, passed: wrong.length === 0, detail: [...wrong, message].join('; ') }
  })
  const control = {
    name: 'a policy that says everything, rightly, is accepted',
    passed: valid.code === 0,
    detail: readable(valid.code === 0 ? valid.stdout : valid.stderr),
  }
  return {
    checks: [control, ...checks],
    rows: answers.map(({ row, message }) => ({ name: row.name, by: 'API server', message })),
  }
}

/** Kubectl's answer without what is the same in each: one line, the errors after one another. */
function readable(text: string): string {
  return text
    .replace(/^The DrainPolicy "[^"]*" is invalid:\s*/, '')
    .replace(/^Error from server \(BadRequest\): error when creating "STDIN":\s*/, '')
    .split('\n')
    .map((line) => line.replace(/^\* /, '').trim())
    .filter((line) => line !== '' && !line.startsWith('<nil>: '))
    .join('; ')
}
