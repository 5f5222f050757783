import { execFile } from 'node:child_process'
import { expect, test } from 'vitest'

/** `drainctl` as a process. */
function drainctl(...args: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  return new Promise((resolve) => {
    execFile(process.execPath, ['src/cli/main.ts', ...args], (error, stdout, stderr) => {
      resolve({ code: error === null ? 0 : Number(error.code), stdout, stderr })
    })
  })
}

test('help and lists are no errors', async () => {
  expect(await drainctl('--help')).toMatchObject({ code: 0, stderr: '' })
  expect(await drainctl('rehearse', '--list')).toMatchObject({ code: 0, stderr: '' })
})

test.each([
  [['rehearse', '--rate', 'x'], /Write a whole number from 1 to 2000/],
  [['rehearse', '--scenario', 'nope'], /^drainctl: --scenario nope: there is no such scenario/],
  [['rehears'], /unknown command 'rehears'/],
])('%j could not be run: exit code 2, and why', async (args, message) => {
  const { code, stdout, stderr } = await drainctl(...args)
  expect(stderr).toMatch(message)
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
})
