import type { RehearsalEvent } from '../../rehearsal/events.ts'
import { formatClock, formatCount } from '../format.ts'
import type { LiveState } from './state.ts'

const SECONDS_BETWEEN_LOAD_LINES = 5

/** What a log says of an event, without the time; null when it says nothing. `state` is the one after it. */
export function plainLine(event: RehearsalEvent, state: LiveState): string | null {
  const line = text(event, state)
  return line === null ? null : `[${formatClock(event.atMs / 1000)}] ${line}`
}

function text(event: RehearsalEvent, state: LiveState): string | null {
  switch (event.type) {
    case 'step':
      return event.text
    case 'rehearsal-started':
      return state.where
    case 'variant-started': {
      const { scenarioTitle, variantTitle, index, of } = event.outline
      return `${index} of ${of}: ${scenarioTitle} > ${variantTitle}`
    }
    case 'disruption-started':
      return `${event.what} ${event.at} of ${event.of}${event.counted ? '' : ', while the operator measures'}`
    case 'load': {
      const { second, requests, lost, lostByKind } = event.load
      const kinds = Object.entries(lostByKind).map(([kind, count]) => `${kind} ${formatCount(count)}`)
      if (lost > 0) return `${formatCount(lost)} lost: ${kinds.join(', ')}`
      return (second + 1) % SECONDS_BETWEEN_LOAD_LINES === 0
        ? `${formatCount(requests)}/s, ${formatCount(state.lost)} of ${formatCount(state.requests)} lost`
        : null
    }
    case 'contract':
      return `contract: ${event.contract.because}`
    case 'variant-ended':
      return `${event.passed ? 'passed' : 'FAILED'}: ${event.outline.variantTitle} lost ${formatCount(event.lost)} of ${formatCount(event.requests)}`
    case 'scenario-ended':
      return event.checks.some(({ passed }) => !passed)
        ? event.checks.flatMap(({ passed, sentence }) => (passed ? [] : [`FAILED: ${sentence}`])).join('; ')
        : null
    case 'interrupted':
      return `interrupted: ${event.reason}`
    case 'rehearsal-ended':
      return event.sentence
    case 'phase':
    case 'pod':
    case 'disruption-ended':
    default:
      return null
  }
}
