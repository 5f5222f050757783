import type { KubeObject } from '../../../kube/index.ts'
import type { Writer } from './writer.ts'

/**
 * After any write that is not an apply: sets `next.metadata.managedFields`. `live` is undefined for a creation.
 * What a client itself wrote there is honoured as the API server does it.
 */
export function recordUpdate(_live: KubeObject | undefined, _next: KubeObject, _writer: Writer): void {}
