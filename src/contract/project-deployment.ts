import type {
  ContainerView,
  DeploymentView,
  InitContainerView,
  LastApplied,
  PortView,
  ReadinessView,
  TemplateView,
} from './deployment-view.ts'
import { readHook } from './hook.ts'
import { parseOwnership, unrecordedOwnership } from './parse-ownership.ts'
import { at, dnsLabel, integer, list, parsedJson, portReference, record, text } from './untyped.ts'

/** The API server's default of `terminationGracePeriodSeconds`. */
export const DEFAULT_GRACE_SECONDS = 30

/** Reads a raw Deployment of any shape; whatever cannot be understood is absent. */
export function projectDeployment(raw: unknown): DeploymentView {
  const metadata = at(raw, 'metadata')
  const spec = at(raw, 'spec')
  const podSpec = at(spec, 'template', 'spec')
  const lastApplied = readLastApplied(at(metadata, 'annotations', 'kubectl.kubernetes.io/last-applied-configuration'))
  const template: TemplateView = {
    terminationGracePeriodSeconds: integer(at(podSpec, 'terminationGracePeriodSeconds')) ?? DEFAULT_GRACE_SECONDS,
    containers: list(at(podSpec, 'containers')).flatMap(readContainer),
    initContainers: list(at(podSpec, 'initContainers')).flatMap(readInitContainer),
  }
  const managedFields = list(at(metadata, 'managedFields'))
  return {
    uid: text(at(metadata, 'uid')) ?? '',
    name: text(at(metadata, 'name')) ?? '',
    namespace: text(at(metadata, 'namespace')) ?? '',
    resourceVersion: text(at(metadata, 'resourceVersion')) ?? '',
    generation: integer(at(metadata, 'generation')) ?? 0,
    replicas: integer(at(spec, 'replicas')) ?? 1,
    paused: at(spec, 'paused') === true,
    deleting: at(metadata, 'deletionTimestamp') !== undefined,
    template,
    ownership: managedFields.length > 0 ? parseOwnership(managedFields) : unrecordedOwnership(template),
    ...(lastApplied && { lastApplied }),
  }
}

function readContainer(raw: unknown): ContainerView[] {
  const name = dnsLabel(at(raw, 'name'))
  if (name === undefined) return []
  const preStop = readHook(at(raw, 'lifecycle', 'preStop'))
  const readiness = readReadiness(at(raw, 'readinessProbe'))
  return [
    {
      name,
      ports: list(at(raw, 'ports')).flatMap(readPort),
      ...(preStop && { preStop }),
      ...(readiness && { readiness }),
      terminationMessagePath: text(at(raw, 'terminationMessagePath')) ?? '/dev/termination-log',
    },
  ]
}

function readInitContainer(raw: unknown): InitContainerView[] {
  const name = dnsLabel(at(raw, 'name'))
  if (name === undefined) return []
  const preStop = readHook(at(raw, 'lifecycle', 'preStop'))
  return [{ name, sidecar: at(raw, 'restartPolicy') === 'Always', ...(preStop && { preStop }) }]
}

function readPort(raw: unknown): PortView[] {
  const containerPort = integer(at(raw, 'containerPort'))
  const name = text(at(raw, 'name'))
  return containerPort === undefined ? [] : [{ containerPort, ...(name !== undefined && { name }) }]
}

const PROBE_KINDS = [
  ['httpGet', 'HTTP'],
  ['exec', 'Exec'],
  ['tcpSocket', 'TCP'],
  ['grpc', 'GRPC'],
] as const

/** The numbers that are absent are the API server's defaults: every 10 s, 1 s, 3 times. */
function readReadiness(raw: unknown): ReadinessView | undefined {
  const found = PROBE_KINDS.find(([field]) => at(raw, field) !== undefined)
  if (found === undefined) return undefined
  const [field, kind] = found
  const path = text(at(raw, field, 'path'))
  const port = portReference(at(raw, field, 'port'))
  return {
    kind,
    ...(path !== undefined && { path }),
    ...(port !== undefined && { port }),
    periodSeconds: integer(at(raw, 'periodSeconds')) ?? 10,
    timeoutSeconds: integer(at(raw, 'timeoutSeconds')) ?? 1,
    failureThreshold: integer(at(raw, 'failureThreshold')) ?? 3,
  }
}

function readLastApplied(annotation: unknown): LastApplied | undefined {
  const applied = parsedJson(annotation)
  if (Object.keys(record(applied)).length === 0) return undefined
  const podSpec = at(applied, 'spec', 'template', 'spec')
  const gracePeriod = integer(at(podSpec, 'terminationGracePeriodSeconds'))
  const containers = list(at(podSpec, 'containers')).flatMap((container) => {
    const name = dnsLabel(at(container, 'name'))
    const preStop = readHook(at(container, 'lifecycle', 'preStop'))
    const readiness = at(container, 'readinessProbe') !== undefined
    return name === undefined ? [] : [[name, { ...(preStop && { preStop }), readiness }] as const]
  })
  return {
    ...(gracePeriod !== undefined && { terminationGracePeriodSeconds: gracePeriod }),
    containers: Object.fromEntries(containers),
  }
}
