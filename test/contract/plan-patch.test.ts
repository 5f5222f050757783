import { describe, expect, test } from 'vitest'
import { planPatch, planRelease, projectDeployment } from '../../src/contract/index.ts'
import { REQUEST } from './case.ts'
import { CASES } from './cases.ts'
import { readRecorded } from './fixture.ts'
import { verdictOf } from './verdict.ts'

const recorded = readRecorded()

describe('the verdict on a Deployment as a real API server recorded it', () => {
  test.each(CASES.map((each) => [each.sentence, each] as const))('%s', (sentence, { request, expected }) => {
    const view = projectDeployment(recorded[sentence])
    const plan = planPatch(view, { ...REQUEST, ...request })
    expect(verdictOf(plan, expected)).toEqual(expected)
    expect(plan.body !== undefined).toBe(plan.action === 'Apply' || plan.action === 'Release')
    if (plan.action === 'Blocked') expect(plan.conflicts.some(({ blocking }) => blocking)).toBe(true)
    if (plan.body) {
      expect(plan.body.metadata).toEqual({ name: 'checkout', namespace: 'shop', uid: 'a-uid', resourceVersion: '7' })
    }
  })
})

describe('a body', () => {
  function bodyOf(sentence: string, request: object = {}): unknown {
    return planPatch(projectDeployment(recorded[sentence]), { ...REQUEST, ...request }).body?.spec
  }

  test('holds grace period and sleep together, so that neither is refused for the other', () => {
    expect(bodyOf('kubectl apply without a grace period: its default is taken by force, and that is told')).toEqual({
      template: {
        spec: {
          terminationGracePeriodSeconds: 41,
          containers: [{ name: 'app', lifecycle: { preStop: { sleep: { seconds: 5 } } } }],
        },
      },
    })
  })

  test("carries the contract in drain-server's own URL, with its readiness", () => {
    const sentence = 'drain-server is there: its hook carries the contract, and its readiness is used'
    const httpGet = { path: '/admin/drain?delaySeconds=5&graceSeconds=41', port: 'drain' }
    const readinessProbe = {
      httpGet: { path: '/health/ready', port: 'drain' },
      periodSeconds: 2,
      timeoutSeconds: 1,
      failureThreshold: 1,
    }
    expect(bodyOf(sentence)).toMatchObject({
      template: { spec: { containers: [{ name: 'app', lifecycle: { preStop: { httpGet } }, readinessProbe }] } },
    })
    const wanted = { path: '/ok', port: 9909, periodSeconds: 3, timeoutSeconds: 2, failureThreshold: 4 }
    expect(bodyOf(sentence, { readiness: wanted })).toMatchObject({
      template: {
        spec: {
          containers: [
            {
              readinessProbe: {
                httpGet: { path: '/ok', port: 9909 },
                periodSeconds: 3,
                timeoutSeconds: 2,
                failureThreshold: 4,
              },
            },
          ],
        },
      },
    })
  })

  test('names the grace period that a user keeps', () => {
    const sentence = 'kubectl apply that states 45: it covers, and only the hook is written'
    const raw = structuredClone(recorded[sentence]) as {
      spec: { template: { spec: { containers: Record<string, unknown>[] } } }
    }
    const [app] = raw.spec.template.spec.containers
    Object.assign(app ?? {}, { ports: [{ name: 'drain', containerPort: 9909 }] })
    expect(JSON.stringify(planPatch(projectDeployment(raw), REQUEST).body)).toContain('delaySeconds=5&graceSeconds=45')
  })
})

test.each([
  [0, 41],
  [1.5, 41],
  [5, 5],
])('a drain delay of %d s in a grace period of %d s is refused before anything else', (drain, grace) => {
  const view = projectDeployment(recorded['our own earlier apply says it already: no request'])
  const plan = planPatch(view, { drainDelaySeconds: drain, gracePeriodSeconds: grace })
  expect(plan).toMatchObject({ action: 'Blocked', conflicts: [{ code: 'ImpossibleContract' }] })
})

test('a pause is told only when something waits for its end', () => {
  const view = projectDeployment(recorded['our own earlier apply says it already: no request'])
  expect(planPatch({ ...view, paused: true }, REQUEST).notes).toEqual([])
})

describe('a Deployment that is gone', () => {
  const deleted = { metadata: { name: 'checkout', deletionTimestamp: '2026-01-01T00:00:00Z' } }

  test.each([
    ['is not in the cache', undefined],
    ['is being deleted', projectDeployment(deleted)],
  ])('%s: nothing is written, nothing is released', (_, view) => {
    expect(planPatch(view, REQUEST)).toMatchObject({ action: 'Blocked', conflicts: [{ code: 'TargetGone' }] })
    expect(planRelease(view)).toMatchObject({ action: 'None' })
  })
})

describe('a release', () => {
  function releaseOf(sentence: string): ReturnType<typeof planRelease> {
    return planRelease(projectDeployment(recorded[sentence]))
  }

  test('is nothing where we own nothing', () => {
    expect(releaseOf('kubectl apply that states 45: it covers, and only the hook is written')).toMatchObject({
      action: 'None',
      notes: [],
    })
  })

  test('gives all fields back, without force, and says what will happen', () => {
    const plan = releaseOf('our own earlier apply says it already: no request')
    expect(plan).toMatchObject({ action: 'Release', force: false, fields: [], changesTemplate: true })
    expect(plan.body).not.toHaveProperty('spec')
    expect(plan.notes.map(({ message }) => message)).toEqual([
      'given back: the grace period (returns to the default of 30 s); the preStop hook of container app (is removed)',
    ])
  })

  test('keeps what a user states with the same value, since giving it back would remove it', () => {
    const plan = releaseOf('the user states exactly our value, which changes no ownership: it is held for them')
    expect(plan.body?.spec).toEqual({ template: { spec: { terminationGracePeriodSeconds: 41 } } })
    expect(plan.notes.map(({ code }) => code)).toEqual(['GivenBack', 'StillHeld'])
  })

  test('keeps the grace period while a stated sleep is above the default', () => {
    const raw = structuredClone(recorded['our own earlier apply says it already: no request'])
    const spec = raw?.['spec'] as { template: { spec: Record<string, unknown> } }
    const sleeping = { name: 'mesh', restartPolicy: 'Always', lifecycle: { preStop: { sleep: { seconds: 35 } } } }
    spec.template.spec['initContainers'] = [sleeping]
    const plan = planRelease(projectDeployment(raw))
    expect(plan.body?.spec).toEqual({ template: { spec: { terminationGracePeriodSeconds: 41 } } })
  })

  test('of what was put back takes it by force first, with other values, since others own it too', () => {
    const plan = releaseOf('undone to a longer contract of ours in the hook: it is not pinned')
    expect(plan).toMatchObject({ action: 'Release', force: true, changesTemplate: true })
    expect(plan.notes.map(({ code }) => code)).toEqual(['TakenAgain', 'TakenAgain'])
    const preStop = { httpGet: { path: '/admin/drain', port: 'drain' } }
    expect(plan.body?.spec?.template.spec).toMatchObject({
      terminationGracePeriodSeconds: 30,
      containers: [{ name: 'app', lifecycle: { preStop } }],
    })
  })

  test('leaves alone what was put back as a whole after we had let go', () => {
    const plan = releaseOf('undone after a release: the whole contract is back, and is taken over as it is needed')
    expect(plan.action).toBe('None')
  })

  test('gives the grace period back though the path of our probe stays: only a hook names a grace period', () => {
    const plan = releaseOf('somebody edits the period of our probe: theirs stays, the handler stays ours')
    const podSpec = plan.body?.spec?.template.spec
    expect(podSpec?.containers?.[0]).toMatchObject({ readinessProbe: { httpGet: { path: '/health/ready' } } })
    expect(podSpec).not.toHaveProperty('terminationGracePeriodSeconds')
  })

  test('holds the item of a container that only we own, since it would be deleted', () => {
    const plan = releaseOf(
      'no ownership on record but ours: our item stays held, since giving it back would delete the container',
    )
    expect(plan.body?.spec).toEqual({ template: { spec: { containers: [{ name: 'app' }] } } })
  })
})
