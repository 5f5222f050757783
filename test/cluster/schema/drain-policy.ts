import { readFileSync } from 'node:fs'
import { parse } from 'yaml'
import {
  type CustomResourceDefinition,
  customResourceKind,
  type Kind,
} from '../../../src/cluster/api-server/kinds/index.ts'
import type { KubeObject } from '../../../src/kube/index.ts'

const file = new URL('../../../crds/drainkeeper.dev_drainpolicies.yaml', import.meta.url)
export const definition = parse(readFileSync(file, 'utf8')) as CustomResourceDefinition
export const kind: Kind = customResourceKind(definition, 'v1alpha1')

export interface Policy extends KubeObject {
  spec: Record<string, unknown>
  status?: unknown
}

export function policy(spec: object): Policy {
  return {
    apiVersion: 'drainkeeper.dev/v1alpha1',
    kind: 'DrainPolicy',
    metadata: { name: 'checkout', namespace: 'shop' },
    spec: spec as Record<string, unknown>,
  }
}

/** What is wrong with a policy, as `field: message`. */
export function wrong(next: Policy, old?: Policy): string[] {
  const unknown = kind.decode(next).unknownFields
  kind.applyDefaults(next)
  return [
    ...unknown.map((field) => `${field}: unknown`),
    ...kind.validate(next, old).map(({ field, message }) => `${field}: ${message}`),
  ]
}
