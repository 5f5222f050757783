import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { expect, test } from 'vitest'

/** A program of one command, in a process of its own. */
const script = (action: string): string[] => [
  '--input-type=module',
  '--eval',
  `import { Command } from 'commander'
  import { interruption } from './src/cli/interruption.ts'
  import { runProgram } from './src/cli/run-program.ts'
  await runProgram(new Command('program').action(async () => { ${action} }))`,
]

function run(action: string): Promise<{ code: number; stdout: string; stderr: string }> {
  return new Promise((resolve) => {
    execFile(process.execPath, script(action), { maxBuffer: 2 ** 22 }, (error, stdout, stderr) => {
      resolve({ code: error === null ? 0 : Number(error.code), stdout, stderr })
    })
  })
}

test('everything that was written arrives, however much it is, and nothing that is left open keeps the process', async () => {
  const { code, stdout } = await run(`
    setInterval(() => {}, 1000)
    process.stdout.write('x'.repeat(300_000))
    process.exitCode = 1`)
  expect({ code, length: stdout.length }).toEqual({ code: 1, length: 300_000 })
})

test('what nobody caught is no verdict: exit code 2', async () => {
  const { code, stderr } = await run(`
    setImmediate(() => { throw new Error('out of the blue') })
    await new Promise(() => setInterval(() => {}, 1000))`)
  expect(code).toBe(2)
  expect(stderr).toContain('program: Error: out of the blue')
})

const untilAborted = `
  const signal = interruption()
  const timer = setInterval(() => process.stdout.write('.'), 5)
  await new Promise((resolve) => signal.addEventListener('abort', resolve))
  clearInterval(timer)
  process.stderr.write(signal.reason.message)`

test('a reader that goes away interrupts, and what was started can be ended', async () => {
  const child = spawn(process.execPath, script(`${untilAborted}; process.exitCode = 130`))
  child.stdout.once('data', () => child.stdout.destroy())
  let told = ''
  child.stderr.on('data', (chunk: Buffer) => (told += chunk.toString()))
  const [code] = (await once(child, 'close')) as [number | null]
  expect({ code, told }).toEqual({ code: 130, told: 'nobody reads the output any more' })
})

/** Sends one signal when the program has begun, and another when it has told of the first. */
async function signalled(action: string, first: NodeJS.Signals, second: NodeJS.Signals) {
  const child = spawn(process.execPath, script(action))
  child.stdout.once('data', () => child.kill(first))
  let told = ''
  child.stderr.on('data', (chunk: Buffer) => {
    if (told === '') child.kill(second)
    told += chunk.toString()
  })
  const [code] = (await once(child, 'close')) as [number | null]
  return { code, told }
}

test('the end of the terminal interrupts, told once or twice, and what was started can be ended', async () => {
  const tidying = `${untilAborted}; await new Promise((resolve) => setTimeout(resolve, 100)); process.stderr.write('; tidy'); process.exitCode = 130`
  expect(await signalled(tidying, 'SIGHUP', 'SIGHUP')).toEqual({ code: 130, told: 'the terminal is gone; tidy' })
})

test('a second signal ends it at once, and as an end of the process that others can prepare for', async () => {
  const stuck = `process.once('exit', () => process.stderr.write('; at last')); ${untilAborted}; await new Promise(() => setInterval(() => {}, 1000))`
  expect(await signalled(stuck, 'SIGINT', 'SIGTERM')).toEqual({ code: 130, told: 'interrupted by SIGINT; at last' })
})
