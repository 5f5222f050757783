import type { LoadSecond, Phase, PodState, RehearsalEvent, VariantOutline } from '../../rehearsal/events.ts'
import type { AppliedContract } from '../../result.ts'
import type { Tone } from '../look.ts'

/** A pod's states in order, each from a moment on. */
export interface PodLane {
  readonly name: string
  readonly node: string
  readonly states: readonly { readonly atMs: number; readonly state: PodState }[]
}

/** A line that tells what happened. */
export interface Note {
  readonly atMs: number
  readonly tone: Tone
  readonly text: string
}

/** Everything that a frame shows. Times count from the start of the rehearsal. */
export interface LiveState {
  readonly where: string | null
  readonly variants: readonly VariantOutline[]
  readonly current: VariantOutline | null
  readonly variantStartedMs: number
  readonly phase: Phase | null
  readonly disruption: {
    readonly at: number
    readonly of: number
    readonly what: string
    readonly counted: boolean
  } | null
  readonly pods: readonly PodLane[]
  /** Of the load that runs: its seconds, and when its first began. */
  readonly seconds: readonly LoadSecond[]
  readonly loadStartedMs: number
  readonly lost: number
  readonly requests: number
  readonly lostByKind: Readonly<Record<string, number>>
  readonly contract: AppliedContract | null
  readonly done: readonly {
    readonly outline: VariantOutline
    readonly requests: number
    readonly lost: number
    readonly passed: boolean
  }[]
  readonly notes: readonly Note[]
  readonly verdict: { readonly passed: boolean; readonly sentence: string } | null
}

export const emptyState: LiveState = {
  where: null,
  variants: [],
  current: null,
  variantStartedMs: 0,
  phase: null,
  disruption: null,
  pods: [],
  seconds: [],
  loadStartedMs: 0,
  lost: 0,
  requests: 0,
  lostByKind: {},
  contract: null,
  done: [],
  notes: [],
  verdict: null,
}

/** As many as a frame may show. */
const MOST_NOTES = 6

/** The state after an event. */
export function next(state: LiveState, event: RehearsalEvent): LiveState {
  const noted = (tone: Tone, text: string, change: Partial<LiveState> = {}): LiveState => ({
    ...state,
    ...change,
    notes: [...state.notes, { atMs: event.atMs, tone, text }].slice(-MOST_NOTES),
  })
  switch (event.type) {
    case 'step':
      return noted('muted', event.text)
    case 'rehearsal-started': {
      const kind = event.clusterKind === 'embedded' ? 'embedded cluster' : 'cluster'
      const where = `${kind} of ${event.nodes.length} nodes, Kubernetes ${event.kubernetesVersion}`
      return { ...state, where, variants: event.variants }
    }
    case 'variant-started': {
      const { where, variants, done, notes } = state
      return { ...emptyState, where, variants, done, notes, current: event.outline, variantStartedMs: event.atMs }
    }
    case 'phase':
      return { ...state, phase: event.phase }
    case 'disruption-started': {
      const { at, of, what, counted } = event
      return { ...state, disruption: { at, of, what, counted } }
    }
    case 'load':
      return withLoad(state, event.load, event.atMs)
    case 'pod':
      return { ...state, pods: withPod(state.pods, event) }
    case 'contract': {
      const { drainDelaySeconds: delay, terminationGracePeriodSeconds: grace } = event.contract
      const text = `contract ${event.measured ? 'measured' : 'assumed'}: D ${delay} s, G ${grace} s`
      return noted('info', text, { contract: event.contract })
    }
    case 'variant-ended': {
      const { outline, requests, lost, passed } = event
      return { ...state, done: [...state.done, { outline, requests, lost, passed }], phase: null, disruption: null }
    }
    case 'scenario-ended': {
      const failed = event.checks.filter(({ passed }) => !passed)
      return failed.reduce<LiveState>(
        (after, { sentence }) => next(after, { type: 'step', atMs: event.atMs, text: `failed: ${sentence}` }),
        state,
      )
    }
    case 'interrupted':
      return noted('bad', `interrupted: ${event.reason}`)
    case 'rehearsal-ended':
      return { ...state, verdict: { passed: event.passed, sentence: event.sentence } }
    case 'disruption-ended':
    default:
      return state
  }
}

/** A second of load. Second 0 is that of another load: it counts anew. */
function withLoad(state: LiveState, load: LoadSecond, atMs: number): LiveState {
  const anew = load.second === 0 || state.seconds.length === 0
  const before = anew ? { requests: 0, lost: 0, lostByKind: {} as Record<string, number>, seconds: [] } : state
  const lostByKind = { ...before.lostByKind }
  for (const [kind, count] of Object.entries(load.lostByKind)) lostByKind[kind] = (lostByKind[kind] ?? 0) + count
  return {
    ...state,
    loadStartedMs: anew ? atMs - (load.second + 1) * 1000 : state.loadStartedMs,
    seconds: [...before.seconds, load],
    requests: before.requests + load.requests,
    lost: before.lost + load.lost,
    lostByKind,
  }
}

function withPod(pods: readonly PodLane[], event: RehearsalEvent & { type: 'pod' }): PodLane[] {
  const { pod: name, node, state, atMs } = event
  const known = pods.find((pod) => pod.name === name)
  if (known === undefined) return [...pods, { name, node, states: [{ atMs, state }] }]
  return pods.map((pod) =>
    pod === known ? { ...pod, node: node === '' ? pod.node : node, states: [...pod.states, { atMs, state }] } : pod,
  )
}

/** What a pod is now. */
export function stateOf(pod: PodLane): PodState {
  return pod.states.at(-1)?.state ?? 'starting'
}
