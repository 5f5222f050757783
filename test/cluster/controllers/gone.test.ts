import { describe, expect, test } from 'vitest'
import { unlessGone } from '../../../src/cluster/controllers/shared/gone.ts'
import { KubeError } from '../../../src/kube/index.ts'

describe('a call about an object', () => {
  test('that is there gives what the call gave', async () => {
    expect(await unlessGone(Promise.resolve(7))).toBe(7)
  })

  test('that is gone gives nothing', async () => {
    expect(await unlessGone(Promise.reject(new KubeError('NotFound', 'no such pod')))).toBeUndefined()
  })

  test.each([new KubeError('Conflict', 'it has changed'), new KubeError('Gone', 'expired'), new Error('broken')])(
    'that fails otherwise fails: %s',
    async (failure) => {
      await expect(unlessGone(Promise.reject(failure))).rejects.toBe(failure)
    },
  )
})
