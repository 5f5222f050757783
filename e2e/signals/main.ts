/**
 * `npm run verify:signals`: what the signals say of known requests, with a real Prometheus and a real drain-server that
 * is killed in between, and of servers that are down, slow or lying. Exits 1 when one thing is not as it must be.
 */
import { writeArtifact } from '../artifact.ts'
import { Children, prometheusBinary, versionOf } from './children.ts'
import { countKnownRequests } from './counting.ts'
import { askFaulty } from './faults.ts'

const children = new Children()
const binary = prometheusBinary(children.folder)
const rows = [...(await countKnownRequests(children, binary)), ...(await askFaulty())]
const passed = rows.filter(({ pass }) => pass).length
const width = Math.max(...rows.map(({ what }) => what.length))
for (const { what, expected, found, pass } of rows) {
  console.log(`${pass ? 'ok  ' : 'FAIL'} ${what.padEnd(width)}  ${found}`)
  if (!pass) console.log(`     ${' '.repeat(width)}  expected ${expected}`)
}
console.log(`${passed} of ${rows.length} as they must be`)
const pass = passed === rows.length
const figures = { passed, of: rows.length, rows }
writeArtifact(
  { name: 'verify-signals', pass, figures, commands: ['npm run verify:signals'] },
  { prometheus: versionOf(binary) },
)
children.clean()
process.exit(pass ? 0 : 1)
