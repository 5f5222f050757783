import { isAbandoned } from './co-ownership.ts'
import type { ContainerView, DeploymentView } from './deployment-view.ts'

/** The container that the contract is for, or what to write so that there is one. */
export type ContainerChoice =
  | { name: string; problem?: never }
  | {
      name?: never
      problem: { code: 'ContainerUnknown' | 'ContainerAmbiguous' | 'ContainerAbandoned'; message: string }
    }

/**
 * The container that was asked for, else the only one, else the only one that declares a port which a Service
 * targets (by name or by number).
 */
export function chooseContainer(
  view: DeploymentView,
  wanted?: string,
  servicePorts: readonly (string | number)[] = [],
): ContainerChoice {
  if (wanted !== undefined && isAbandoned(view, wanted)) {
    const message =
      `container ${wanted} was removed by its owner and is kept only because it is co-owned here: it is left out, ` +
      `which completes the removal. Write the new name in spec.contract.container`
    return { problem: { code: 'ContainerAbandoned', message } }
  }
  const containers = view.template.containers.filter(({ name }) => !isAbandoned(view, name))
  return wanted === undefined ? unnamed(containers, servicePorts) : named(containers, wanted)
}

function named(containers: readonly ContainerView[], wanted: string): ContainerChoice {
  if (containers.some(({ name }) => name === wanted)) return { name: wanted }
  const nearest = containers
    .map(({ name }) => ({ name, distance: editDistance(name, wanted) }))
    .filter(({ name, distance }) => distance <= Math.max(2, Math.floor(name.length / 3)))
    .sort((one, other) => one.distance - other.distance)[0]
  const message =
    `spec.contract.container is ${wanted}, but the template's containers are: ${namesOf(containers)}. ` +
    (nearest ? `Did you mean ${nearest.name}?` : 'Write one of these')
  return { problem: { code: 'ContainerUnknown', message } }
}

function unnamed(containers: readonly ContainerView[], servicePorts: readonly (string | number)[]): ContainerChoice {
  const [first, second] = containers
  if (first !== undefined && second === undefined) return { name: first.name }
  const serving = containers.filter(({ ports }) =>
    ports.some(({ name, containerPort }) =>
      servicePorts.some((port) => port === containerPort || (name !== undefined && port === name)),
    ),
  )
  const [server, another] = serving
  if (server !== undefined && another === undefined) return { name: server.name }
  const why =
    server === undefined
      ? 'none declares a port that a Service targets'
      : `${serving.length} declare a port that a Service targets`
  const message =
    `the template has ${containers.length} containers (${namesOf(containers)}) and ${why}: ` +
    `write which one drains, for example spec.contract.container: ${(server ?? first)?.name ?? 'app'}`
  return { problem: { code: 'ContainerAmbiguous', message } }
}

function namesOf(containers: readonly ContainerView[]): string {
  return containers.map(({ name }) => name).join(', ') || 'none'
}

/** Levenshtein's distance: insertions, deletions and substitutions of one character. */
function editDistance(one: string, other: string): number {
  let row = Array.from({ length: other.length + 1 }, (_, column) => column)
  for (let line = 1; line <= one.length; line++) {
    const next = [line]
    for (let column = 1; column <= other.length; column++) {
      const substituted = (row[column - 1] ?? 0) + (one[line - 1] === other[column - 1] ? 0 : 1)
      next.push(Math.min(substituted, (row[column] ?? 0) + 1, (next[column - 1] ?? 0) + 1))
    }
    row = next
  }
  return row[other.length] ?? 0
}
