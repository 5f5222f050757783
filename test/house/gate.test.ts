import { spawn } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as passes } from 'node:timers/promises'
import { expect, onTestFinished, test } from 'vitest'

const repository = join(import.meta.dirname, '../..')

/** Plays steps by the gate's own functions; the meter's words are written by the steps themselves. */
async function gate(steps: string) {
  const folder = await mkdtemp(join(tmpdir(), 'gate-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  const stoodStill = `echo "$(date +%s%3N) 0 2300" >> "$GATE_LOGS/held-up"`
  const played = spawn(
    'bash',
    ['-c', `source .ci/steps.sh; begin; stood_still_for_2300() { ${stoodStill}; }; ${steps}; finish`],
    {
      cwd: repository,
      env: { ...process.env, GATE_LOGS: join(folder, 'logs'), FOLDER: folder },
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  )
  let printed = ''
  played.stdout.on('data', (chunk) => {
    printed += String(chunk)
  })
  const [code] = await new Promise<[number | null]>((resolve) => played.once('close', (status) => resolve([status])))
  return { code, printed, last: printed.trimEnd().split('\n').at(-1) }
}

const failsOnce =
  'fails_once() { test -e "$FOLDER/was" && echo "7 passed, 0 failed" && return; touch "$FOLDER/was"; HOW; echo "FAIL the first"; echo "6 passed, 1 failed"; return 1; }'

test('what passes is counted, by the step itself where it counts', async () => {
  const { code, last } = await gate(`count whole true; counts() { echo '41 passed, 0 failed'; }; tally counted counts`)
  expect({ code, last }).toEqual({ code: 0, last: '42 passed, 0 failed' })
})

test('what failed is said again at the end, and refuses', async () => {
  const { code, last, printed } = await gate(
    `fails() { echo 'FAIL a request was lost'; echo '1 passed, 1 failed'; return 1; }; tally counted fails; count whole true`,
  )
  expect({ code, last }).toEqual({ code: 1, last: '2 passed, 1 failed' })
  expect(printed.split('=== what failed\n').at(1)).toContain('=== counted\nFAIL a request was lost\n')
})

test('a step that has no count has failed, and so has one that ends with an error in spite of its count', async () => {
  expect((await gate(`tally silent true`)).last).toBe('0 passed, 1 failed')
  expect((await gate(`breaks() { echo '3 passed, 0 failed'; return 2; }; tally counted breaks`)).last).toBe(
    '3 passed, 1 failed',
  )
})

test('no step at all is no pass', async () => {
  expect(await gate('true')).toMatchObject({ code: 1, last: '0 passed, 0 failed' })
})

test('a step that fails while the machine stands still is measured once again, and the gate says so', async () => {
  const { code, last, printed } = await gate(
    `${failsOnce.replace('HOW', 'stood_still_for_2300')}; tally unsteady fails_once`,
  )
  expect({ code, last }).toEqual({ code: 0, last: '7 passed, 0 failed' })
  expect(printed).toContain(
    '=== measured again\n  unsteady: 1 failed while this machine stood still (1 times, 2300 ms at the longest); then 7 passed, 0 failed\n    FAIL the first\n',
  )
})

test('a step that fails again has failed', async () => {
  const { last } = await gate(
    `fails() { stood_still_for_2300; echo FAIL always; echo '0 passed, 1 failed'; return 1; }; tally broken fails`,
  )
  expect(last).toBe('0 passed, 1 failed')
})

test('the meter tells that it was held up', async () => {
  const meter = spawn(process.execPath, ['.ci/held-up.mjs', '3'], {
    cwd: repository,
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  const told = new Promise<string>((resolve) => meter.stdout.once('data', (chunk) => resolve(String(chunk))))
  let words: string | undefined
  for (let turn = 0; words === undefined; turn += 1) {
    meter.kill(turn % 2 === 0 ? 'SIGSTOP' : 'SIGCONT')
    words = await Promise.race([told, passes(400, undefined)])
  }
  expect(words).toMatch(/^\d{13} 3 [2-9]\d\d|\d{4}/)
  meter.kill('SIGCONT')
  const gone = new Promise((resolve) => meter.once('exit', resolve))
  meter.stdin.end()
  await gone
})
