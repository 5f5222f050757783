import type { RehearsalEvent } from '../lab/rehearsal/index.ts'
import type { OutputStream } from '../lab/terminal/look.ts'

/** Shows a rehearsal to a person while it runs. */
export interface View {
  take(event: RehearsalEvent): void
  close(): void
}

/** Lines, one for each transition. */
export function openView(stream: OutputStream, _environment: Readonly<Record<string, string | undefined>>): View {
  return {
    take(event) {
      const line = lineOf(event)
      if (line !== null) stream.write(`${(event.atMs / 1000).toFixed(1).padStart(6)} s  ${line}\n`)
    },
    close() {},
  }
}

function lineOf(event: RehearsalEvent): string | null {
  switch (event.type) {
    case 'step':
      return event.text
    case 'rehearsal-started':
      return `${event.variants.length} variants on ${event.nodes.join(', ')} (Kubernetes ${event.kubernetesVersion})`
    case 'variant-started':
      return `${event.outline.scenarioTitle}: ${event.outline.variantTitle} (${event.outline.index} of ${event.outline.of})`
    case 'phase':
      return event.phase
    case 'disruption-started':
      return `${event.what} ${event.at} of ${event.of}`
    case 'load':
      return event.load.lost > 0 ? `lost ${JSON.stringify(event.load.lostByKind)}` : null
    case 'pod':
      return `  ${event.pod} ${event.state}`
    case 'contract':
      return `contract: ${event.contract.because}`
    case 'variant-ended':
      return `${event.lost} of ${event.requests} lost`
    case 'interrupted':
      return `interrupted: ${event.reason}`
    case 'rehearsal-ended':
      return event.sentence
    case 'disruption-ended':
    case 'scenario-ended':
    default:
      return null
  }
}
