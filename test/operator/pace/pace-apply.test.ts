import { describe, expect, test } from 'vitest'
import { claimsDiffer, paceBody } from '../../../src/operator/pace/pace-apply.ts'
import type { PaceView } from '../../../src/operator/pace/pace-view.ts'
import { type PaceClaims, paceDefaults, type PaceField, type PaceFields } from '../../../src/pacing/index.ts'

const object = { namespace: 'shop', name: 'checkout', uid: 'u', resourceVersion: '7' }
const identity = { apiVersion: 'apps/v1', kind: 'Deployment', metadata: object }

test.each<[PaceClaims, object]>([
  [{}, {}],
  [{ paused: true }, { spec: { paused: true } }],
  [{ maxUnavailable: 0 }, { spec: { strategy: { rollingUpdate: { maxUnavailable: 0 } } } }],
  [
    { minReadySeconds: 120, progressDeadlineSeconds: 720, maxSurge: 1, maxUnavailable: '10%' },
    {
      spec: {
        minReadySeconds: 120,
        progressDeadlineSeconds: 720,
        strategy: { rollingUpdate: { maxSurge: 1, maxUnavailable: '10%' } },
      },
    },
  ],
])('the claims %j are stated, and nothing else', (claims, spec) => {
  expect(paceBody({ ...object, generation: 3 } as typeof object, claims)).toStrictEqual({ ...identity, ...spec })
})

describe('an apply is needed', () => {
  const view = (live: Partial<PaceFields>, ours: PaceField[]): PaceView => ({
    strategy: 'RollingUpdate',
    live: { ...paceDefaults, ...live },
    ours,
    taken: [],
    templateId: 't',
    revisionId: 'r',
    deadlineExceeded: false,
    rollbackAllowed: false,
  })
  test.each<[string, PaceView, PaceClaims, boolean]>([
    ['not where nothing is ours or claimed', view({ maxSurge: 3 }, []), {}, false],
    ['not where all is as claimed', view({ maxSurge: 1 }, ['maxSurge']), { maxSurge: 1 }, false],
    ['for another value', view({ maxSurge: 1 }, ['maxSurge']), { maxSurge: 2 }, true],
    ['for a value of another type', view({ maxSurge: '1' }, ['maxSurge']), { maxSurge: 1 }, true],
    ['to own what has the value already', view({ paused: true }, []), { paused: true }, true],
    ['to let go of it', view({ maxSurge: 1 }, ['maxSurge']), {}, true],
    ['to let go of one of two', view({ maxSurge: 1, paused: true }, ['maxSurge', 'paused']), { paused: true }, true],
    ['to own one field instead of another', view({ maxSurge: 1, paused: true }, ['maxSurge']), { paused: true }, true],
  ])('%s', (_, seen, claims, differs) => {
    expect(claimsDiffer(seen, claims)).toBe(differs)
  })
})
