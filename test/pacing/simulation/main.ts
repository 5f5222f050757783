/** `npm run sim:pacing`: simulated rollouts by seed, judged after every batch, against the stated error probabilities. */
import { Command, InvalidArgumentError, Option } from 'commander'
import { writeArtifact } from '../../../e2e/artifact.ts'
import { measure, type Measured, type Row, type Share } from './measure.ts'
import { peeking, sequential, tooEager } from './rules.ts'
import { batch, looksPerStep, scenarios, steps } from './scenario.ts'

const rules = { none: sequential, tooEager, peeking }

interface Options {
  rollouts: number
  seed: number
  json: boolean
  mutant: keyof typeof rules
}

const options = new Command('sim:pacing')
  .description('Judges simulated rollouts after every batch of requests, and compares with the stated error rates.')
  .option('--rollouts <number>', 'of each scenario', whole, 10_000)
  .option('--seed <number>', 'the same seed gives the same figures', whole, 1)
  .option('--json', 'the result as JSON, and nothing else', false)
  .addOption(new Option('--mutant <name>', 'a broken judge: it must fail').choices(Object.keys(rules)).default('none'))
  .parse()
  .opts<Options>()

const started = process.cpuUsage()
const rows = scenarios.map((scenario) => measure(scenario, options.rollouts, options.seed, rules[options.mutant]))
const { user, system } = process.cpuUsage(started)
const cpuSeconds = Math.round((user + system) / 1e5) / 10
const pass = rows.every((row) => row.kept)

if (options.json) console.log(JSON.stringify({ pass, cpuSeconds, rows }, null, 2))
else print()
// A broken judge leaves the figures of the shipped one alone.
if (options.mutant === 'none') {
  const { rollouts, seed } = options
  const command = `npm run sim:pacing -- --rollouts ${rollouts} --seed ${seed}`
  writeArtifact({ name: 'sim-pacing', pass, figures: { rollouts, seed, cpuSeconds, rows }, commands: [command] }, {})
}
process.exitCode = pass ? 0 : 1

function print(): void {
  const looks = `a look after every ${batch} requests, ${steps * looksPerStep} looks`
  console.log(
    `${options.rollouts} rollouts of each scenario, seed ${options.seed}, ${looks}, ${cpuSeconds} s of processor`,
  )
  for (const row of rows) {
    console.log(`\n${row.kept ? 'ok  ' : 'FAIL'} ${row.scenario}`)
    console.log(`     sequential   ${words(row, row.judge, row.stated)}`)
    console.log(`     fixed window ${words(row, row.threshold)}`)
  }
  console.log(pass ? '\nEvery stated probability is kept.' : '\nA stated probability is exceeded.')
}

function words({ promise }: Row, measured: Measured, stated?: number): string {
  if (promise !== 'miss') {
    const against = stated === undefined || promise === 'shown' ? '' : `, alpha ${percent(stated)}`
    return `false alarms ${share(measured.falseAlarms)}${against}`
  }
  const against = stated === undefined ? '' : `, beta ${percent(stated)}`
  const { delay, breached, rollouts } = measured
  const found = delay === undefined ? '' : `, after ${delay.median} requests (p95 ${delay.p95})`
  const early = `, alarms before the fault ${percent(measured.falseAlarms.rate)}`
  const open = `, undecided ${percent(measured.undecided / rollouts)}`
  const blamed = `, rightly blamed ${percent(measured.blamedRight / rollouts)}`
  return `missed ${share(measured.misses)}${against}; breached ${percent(breached / rollouts)}${found}${blamed}${open}${early}`
}

function share({ rate, lower, upper }: Share): string {
  return `${percent(rate)} (${percent(lower)} to ${percent(upper)})`
}

function percent(rate: number): string {
  return `${(100 * rate).toFixed(2)} %`
}

function whole(text: string): number {
  const number = Number(text)
  if (!Number.isSafeInteger(number) || number < 1) throw new InvalidArgumentError('write a whole number above 0.')
  return number
}
