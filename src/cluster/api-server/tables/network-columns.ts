import { ageColumn, type Any, type Column, nameColumn, text, wide } from './column.ts'

const shownAtMost = 3
const none = '<none>'

export const networkColumns: Readonly<Record<string, readonly Column[]>> = {
  services: [
    nameColumn,
    text('Type', ({ spec }: Any) => spec.type ?? ''),
    text('Cluster-IP', ({ spec }: Any) => spec.clusterIPs?.[0] ?? spec.clusterIP ?? none),
    text('External-IP', externalAddress),
    text('Port(s)', ({ spec }: Any) => (spec.ports ?? []).map(portText).join(',') || none),
    ageColumn,
    wide(text('Selector', ({ spec }: Any) => labelsText(spec.selector))),
  ],
  endpoints: [nameColumn, text('Endpoints', ({ subsets }: Any) => endpointsText(subsets ?? [])), ageColumn],
  'endpointslices.discovery.k8s.io': [
    nameColumn,
    text('AddressType', ({ addressType }: Any) => addressType ?? ''),
    text('Ports', ({ ports }: Any) =>
      shortList((ports ?? []).map(({ port, name }: Any) => String(port ?? name ?? '*'))),
    ),
    text('Endpoints', ({ endpoints }: Any) => shortList((endpoints ?? []).flatMap(({ addresses }: Any) => addresses))),
    ageColumn,
  ],
}

function externalAddress({ spec, status }: Any): string {
  const stated: string[] = spec.externalIPs ?? []
  if (spec.type === 'ExternalName') return spec.externalName ?? ''
  if (spec.type !== 'LoadBalancer') return stated.join(',') || none
  const given = (status?.loadBalancer?.ingress ?? []).map(({ ip, hostname }: Any) => ip || hostname)
  return [...given.sort(), ...stated].join(',') || '<pending>'
}

function portText({ port, nodePort, protocol }: Any): string {
  return nodePort > 0 ? `${port}:${nodePort}/${protocol}` : `${port}/${protocol}`
}

function labelsText(labels: Readonly<Record<string, string>> = {}): string {
  const sorted = Object.keys(labels).sort()
  return sorted.map((key) => `${key}=${labels[key]}`).join(',') || none
}

function shortList(items: readonly string[]): string {
  if (items.length === 0) return '<unset>'
  return cut(items)
}

function cut(items: readonly string[]): string {
  const shown = items.slice(0, shownAtMost).join(',')
  return items.length > shownAtMost ? `${shown} + ${items.length - shownAtMost} more...` : shown
}

function endpointsText(subsets: readonly Any[]): string {
  if (subsets.length === 0) return none
  return cut(
    subsets.flatMap(({ addresses = [], ports = [] }) =>
      ports.length === 0
        ? addresses.map(({ ip }: Any) => ip)
        : ports.flatMap(({ port }: Any) => addresses.map(({ ip }: Any) => `${ip}:${port}`)),
    ),
  )
}
