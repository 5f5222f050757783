import { statSync } from 'node:fs'
import { expect, test } from 'vitest'
import { bundle } from '../../scripts/build.ts'

test('a program is replaced as a whole: whoever reads the file meanwhile has the old one or the new one', async () => {
  const file = await bundle('workload')
  const before = statSync(file)
  await bundle('workload')
  const after = statSync(file)
  expect(after.size).toBe(before.size)
  expect(after.ino).not.toBe(before.ino)
})
