import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type PatchRequest, type Plan, planPatch, planRelease, projectDeployment } from '../../src/contract/index.ts'
import { type Leaf, leavesOf, type Path, ServerSideApply, type Writer } from './server-side-apply.ts'

const NAMES = ['app', 'proxy']
const OURS: Writer = { manager: 'drainkeeper', operation: 'Apply' }
const EDITOR: Writer = { manager: 'kubectl-edit', operation: 'Update' }

type Leaves = Map<Path, Leaf>

const hookLeaves = fc.oneof(
  fc.constant<[string, Leaf][]>([]),
  fc.integer({ min: 1, max: 40 }).map((seconds): [string, Leaf][] => [['sleep.seconds', seconds]]),
  fc.constantFrom('/stop', 'sleep 12').map((command): [string, Leaf][] => [['exec.command', command]]),
  fc.constantFrom('/stop', '/admin/drain', '/admin/drain?delaySeconds=9').map((path): [string, Leaf][] => [
    ['httpGet.path', path],
    ['httpGet.port', 'drain'],
  ]),
)
const probeLeaves = fc.constantFrom<[string, Leaf][]>(
  [],
  [
    ['exec.command', 'true'],
    ['periodSeconds', 3],
  ],
)

const containerLeaves = (name: string): fc.Arbitrary<[Path, Leaf][]> =>
  fc
    .record({ hook: hookLeaves, probe: probeLeaves, port: fc.boolean() })
    .map(({ hook, probe, port }) => [
      [`${name}/item`, name],
      ...(port ? [[`${name}/port`, 'drain'] as [Path, Leaf]] : []),
      ...hook.map(([leaf, value]): [Path, Leaf] => [`${name}/preStop/${leaf}`, value]),
      ...probe.map(([leaf, value]): [Path, Leaf] => [`${name}/readiness/${leaf}`, value]),
    ])

const graceLeaves = fc.option(fc.oneof(fc.constant(30), fc.integer({ min: 1, max: 120 })), { nil: undefined })

const creators = fc.constantFrom(
  { writer: { manager: 'kubectl-client-side-apply', operation: 'Update' }, lastApplied: true },
  { writer: { manager: 'helm', operation: 'Update' }, lastApplied: false },
  { writer: { manager: 'kustomize-controller', operation: 'Apply' }, lastApplied: false },
)

const deployments = fc
  .record({
    creator: creators,
    grace: graceLeaves,
    app: containerLeaves('app'),
    proxy: fc.option(containerLeaves('proxy'), { nil: [] }),
  })
  .map(({ creator, grace, app, proxy }) => {
    const leaves: Leaves = new Map([
      ...app,
      ...proxy,
      ...(grace === undefined ? [] : [['grace', grace] as [Path, Leaf]]),
    ])
    return { ...creator, leaves }
  })
  .filter(({ leaves }) => {
    const sleeps = [...leaves].filter(([path]) => path.endsWith('sleep.seconds')).map(([, seconds]) => Number(seconds))
    return Math.max(0, ...sleeps) <= Number(leaves.get('grace') ?? 30)
  })

const requests: fc.Arbitrary<PatchRequest> = fc.record(
  {
    drainDelaySeconds: fc.integer({ min: 1, max: 40 }),
    gracePeriodSeconds: fc.integer({ min: 2, max: 120 }),
    container: fc.constantFrom(...NAMES),
    method: fc.constantFrom('Auto', 'Sleep', 'HTTP'),
    readiness: fc.constant({ path: '/ok', port: 8080, periodSeconds: 2, timeoutSeconds: 1, failureThreshold: 1 }),
  },
  { requiredKeys: ['drainDelaySeconds', 'gracePeriodSeconds', 'container'] },
)

/** What a person may do between two of our plans: change one leaf that is there. */
const edits = fc.record({
  pick: fc.nat(),
  grace: fc.integer({ min: 1, max: 120 }),
  seconds: fc.integer({ min: 1, max: 29 }),
})

const histories = fc.record({
  deployment: deployments,
  rounds: fc.array(fc.record({ request: requests, edit: fc.option(edits, { nil: undefined }) }), {
    minLength: 1,
    maxLength: 5,
  }),
})

type History = typeof histories extends fc.Arbitrary<infer T> ? T : never

interface Edit {
  pick: number
  grace: number
  seconds: number
}

interface Moment {
  model: ServerSideApply
  request: PatchRequest
  plan: Plan
}

/** Plays a history; `look` is called before each plan is carried out, and what it returns afterwards. */
function play({ deployment, rounds }: History, look: (moment: Moment) => (conflicts: Path[]) => void): ServerSideApply {
  const model = new ServerSideApply(deployment.writer, deployment.leaves, deployment)
  for (const { request, edit } of rounds) {
    const plan = planPatch(projectDeployment(model.raw()), request)
    const after = look({ model, request, plan })
    after(plan.body ? model.apply(plan.body, plan.force) : [])
    if (edit) model.update(EDITOR, ...editable(model, edit))
  }
  return model
}

function editable(model: ServerSideApply, { pick, grace, seconds }: Edit): [Path, Leaf] {
  const choices: [Path, Leaf][] = [['grace', grace]]
  for (const path of model.values.keys()) {
    if (path.endsWith('sleep.seconds')) choices.push([path, seconds])
    if (path.endsWith('httpGet.path')) choices.push([path, '/admin/drain?delaySeconds=30'])
    if (path.endsWith('periodSeconds')) choices.push([path, seconds])
  }
  return choices[pick % choices.length] ?? ['grace', grace]
}

function always(look: (moment: Moment) => (conflicts: Path[]) => void): void {
  fc.assert(
    fc.property(histories, (history) => void play(history, look)),
    { numRuns: 1500 },
  )
}

describe('whatever people and measurements do', () => {
  test('a plan that is carried out is settled: the next one is None', () => {
    always(({ model, request, plan }) => () => {
      const next = planPatch(projectDeployment(model.raw()), request)
      expect(next.action).toBe(plan.action === 'Apply' || plan.action === 'Release' ? 'None' : plan.action)
      expect(next.promises).toEqual(plan.promises)
    })
  })

  test('no apply meets a conflict that was not foreseen, and force is only for a bare default', () => {
    always(({ model, plan }) => {
      const before = model.values.get('grace')
      return (conflicts) => {
        expect(conflicts).toEqual(plan.force ? ['grace'] : [])
        if (plan.force) expect(before).toBe(30)
      }
    })
  })

  test('only the grace period, and the hook and probe of a container are written', () => {
    always(({ plan }) => {
      if (plan.body) {
        for (const path of leavesOf(plan.body).keys()) {
          expect(path).toMatch(/^(grace|(app|proxy)\/(item|preStop\/(sleep|httpGet)\.\w+|readiness\/(httpGet\.)?\w+))$/)
        }
      }
      return () => {}
    })
  })

  test('a promise is kept by the template: D is covered, and sleep is below grace', () => {
    always(({ model, request, plan }) => () => {
      const { promises } = plan
      if (promises === undefined) return
      const grace = Number(model.values.get('grace'))
      const sleep = Number(model.values.get(`${promises.container}/preStop/sleep.seconds`) ?? 0)
      expect(sleep).toBeLessThan(grace)
      expect(promises.drainDelaySeconds).toBeGreaterThanOrEqual(request.drainDelaySeconds)
      expect(grace - promises.drainDelaySeconds).toBeGreaterThanOrEqual(
        request.gracePeriodSeconds - request.drainDelaySeconds,
      )
      expect(promises.gracePeriodSeconds).toBe(grace)
    })
  })

  test('nothing that others own changes, but for a bare default of the grace period', () => {
    fc.assert(
      fc.property(histories, (history) => {
        play(history, ({ model, plan }) => {
          const writers = [history.deployment.writer, EDITOR]
          const theirs = writers.flatMap((writer) =>
            [...model.ownedBy(writer)].map((path) => [path, model.values.get(path)]),
          )
          return () => {
            for (const [path, value] of theirs) {
              if (!(plan.force && path === 'grace'))
                expect([path, model.values.get(String(path))]).toEqual([path, value])
            }
          }
        })
      }),
      { numRuns: 1500 },
    )
  })

  test('changesTemplate says exactly whether a value in the template changes', () => {
    always(({ model, plan }) => {
      const before = new Map(model.values)
      return () => expect(!sameValues(before, model.values)).toBe(plan.changesTemplate)
    })
  })

  test('a release is never forced or refused, and leaves nothing of ours but what would break the template', () => {
    fc.assert(
      fc.property(histories, (history) => {
        const model = play(history, () => () => {})
        const release = planRelease(projectDeployment(model.raw()))
        expect(release.force).toBe(false)
        if (release.body) expect(model.apply(release.body, false)).toEqual([])
        expect(planRelease(projectDeployment(model.raw())).action).toBe('None')
        const held = release.notes.some(({ code }) => code === 'StillHeld')
        expect(model.ownedBy(OURS).size > 0).toBe(held)
      }),
      { numRuns: 1500 },
    )
  })
})

function sameValues(one: ReadonlyMap<Path, Leaf>, other: ReadonlyMap<Path, Leaf>): boolean {
  const defaults = new Map<string, Leaf>([
    ['periodSeconds', 10],
    ['timeoutSeconds', 1],
    ['failureThreshold', 3],
  ])
  return [...new Set([...one.keys(), ...other.keys()])].every((path) => {
    const unset = defaults.get(path.split('/').at(-1) ?? '')
    return (one.get(path) ?? unset) === (other.get(path) ?? unset)
  })
}
