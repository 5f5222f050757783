import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { describe, expect, test } from 'vitest'
import { machine, written } from '../pods.ts'

const forever = 'setInterval(() => {}, 1e6);'

/** Whether a process runs; one that has ended and waits for init to notice does not. */
function alive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return process.platform !== 'linux' || !/\) Z/.test(readFileSync(`/proc/${pid}/stat`, 'utf8'))
  } catch {
    return false
  }
}

async function gone(pid: number): Promise<void> {
  while (alive(pid)) await new Promise((resolve) => setTimeout(resolve, 10))
}

describe('a container', () => {
  test('has the environment of its pod, its image and its network, and nothing of ours', async () => {
    process.env['SECRET_OF_THE_HOST'] = 'yes'
    const { run } = await machine()
    const env = { A: '1', NODE_OPTIONS: '--no-deprecation' }
    const container = await run('console.log(JSON.stringify(process.env))', { podName: 'web-1', env })
    delete process.env['SECRET_OF_THE_HOST']
    await container.exited
    const environment = JSON.parse(container.logs())
    expect(Object.keys(environment).sort()).toEqual(
      ['A', 'DRAIN_TERMINATION_MESSAGE_PATH', 'HOME', 'HOSTNAME', 'IMAGE', 'NODE_OPTIONS', 'PATH', 'POD_IP'].sort(),
    )
    expect(environment).toMatchObject({ A: '1', IMAGE: 'node', HOSTNAME: 'web-1', POD_IP: container.podIp })
    expect(environment.NODE_OPTIONS).toMatch(/^--require=.* --no-deprecation$/)
  })

  test.each([
    ['its own exit code', 'process.exitCode = 3', 3],
    ['137 for SIGKILL', 'process.kill(process.pid, "SIGKILL")', 137],
    ['139 for a crash', 'process.kill(process.pid, "SIGSEGV")', 139],
  ])('ends with %s', async (_, program, exitCode) => {
    const { run } = await machine()
    expect((await (await run(program)).exited).exitCode).toBe(exitCode)
  })

  test('hears SIGTERM, and ends by it when it does not listen', async () => {
    const { run } = await machine()
    const polite = await run(`${forever} process.on('SIGTERM', () => process.exit(5)); console.log('up')`)
    const rude = await run(`${forever} console.log('up')`)
    await Promise.all([written(polite, 'up'), written(rude, 'up')])
    polite.signal('SIGTERM')
    rude.signal('SIGTERM')
    expect((await polite.exited).exitCode).toBe(5)
    expect((await rude.exited).exitCode).toBe(143)
    polite.signal('SIGTERM')
  })

  test('takes everything that it started with it', async () => {
    const { run } = await machine()
    const container = await run(`${forever}
      const child = require('child_process').spawn(process.execPath, ['-e', '${forever}'], { stdio: 'inherit' })
      console.log('child ' + child.pid)`)
    await written(container, 'child')
    const pid = Number(/child (\d+)/.exec(container.logs())?.[1])
    expect(alive(pid)).toBe(true)
    container.signal('SIGKILL')
    expect((await container.exited).exitCode).toBe(137)
    await gone(pid)
  })

  test('takes what it left behind with it when it ends by itself', async () => {
    const { run } = await machine()
    const container = await run(`
      const child = require('child_process').spawn(process.execPath, ['-e', '${forever}'], { stdio: 'ignore' })
      console.log('child ' + child.pid)
      process.exit(4)`)
    expect((await container.exited).exitCode).toBe(4)
    await gone(Number(/child (\d+)/.exec(container.logs())?.[1]))
  })

  test('leaves at most 4096 bytes of its termination message: the end', async () => {
    const { run } = await machine()
    const write = `require('fs').writeFileSync(process.env.DRAIN_TERMINATION_MESSAGE_PATH,`
    expect((await (await run(`${write} 'done')`)).exited).message).toBe('done')
    expect((await (await run('')).exited).message).toBe('')
    const long = await (await run(`${write} 'a'.repeat(5000) + 'end')`)).exited
    expect(long.message).toHaveLength(4096)
    expect(long.message.endsWith('aend')).toBe(true)
  })

  test('runs commands in its own surroundings', async () => {
    const { run } = await machine()
    const container = await run(`${forever} console.log('up')`, { env: { CODE: '7' } })
    const never = new AbortController().signal
    expect(await container.exec(['/bin/sh', '-c', 'exit $CODE'], never)).toBe(7)
    expect(await container.exec(['/no/such/program'], never)).toBe(127)
    const aborted = new AbortController()
    const slow = container.exec(['/bin/sh', '-c', 'sleep 1000'], aborted.signal)
    aborted.abort()
    expect(await slow).toBe(137)
    const cut = container.exec(['/bin/sh', '-c', 'sleep 1000'], never)
    container.signal('SIGKILL')
    expect(await cut).toBe(137)
  })

  test('is refused when its image or its program is not there', async () => {
    const { run } = await machine()
    await expect(run('', { image: 'other:1' })).rejects.toMatchObject({ code: 'ImageNotFound' })
    await expect(run('', { command: ['/no/such/program'] })).rejects.toMatchObject({ code: 'ENOENT' })
  })
})

test('memory is that of the containers that run', async () => {
  const { run, runtime } = await machine()
  expect(await runtime.memoryBytes()).toBe(0)
  const container = await run(`${forever} globalThis.held = Buffer.alloc(50e6, 1); console.log('up')`)
  await written(container, 'up')
  expect(await runtime.memoryBytes()).toBeGreaterThan(50e6)
})

test('closing ends every container and removes every file', async () => {
  const { run, runtime } = await machine()
  const container = await run(`${forever} process.on('SIGTERM', () => {}); console.log('up')`)
  await written(container, 'up')
  await runtime.close()
  expect((await container.exited).exitCode).toBe(137)
  expect(existsSync(runtime.folder)).toBe(false)
  await expect(run('')).rejects.toThrow('closed')
})

test('when this process is killed, its containers and their files go, too', async () => {
  const program = join(import.meta.dirname, 'forsaken.ts')
  const parent = spawn(process.execPath, [program], { stdio: ['ignore', 'pipe', 'inherit'] })
  const [line] = (await once(createInterface(parent.stdout), 'line')) as [string]
  const { pids, folder } = JSON.parse(line) as { pids: number[]; folder: string }
  expect(pids.map(alive)).toEqual([true, true])
  parent.kill('SIGKILL')
  await once(parent, 'exit')
  await Promise.all(pids.map(gone))
  while (existsSync(folder)) await new Promise((resolve) => setTimeout(resolve, 10))
})
