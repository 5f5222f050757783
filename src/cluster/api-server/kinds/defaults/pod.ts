import { type Fields, isFields } from '../../schema/json.ts'
import type { Defaulter } from './index.ts'

const core = 'io.k8s.api.core.v1'

export const podDefaults: Readonly<Record<string, Defaulter>> = {
  [`${core}.Pod`]: ofPod,
  [`${core}.PodSpec`]: ofPodSpec,
  [`${core}.Container`]: ofContainer,
  [`${core}.EphemeralContainer`]: ofContainer,
  [`${core}.ContainerPort`]: (port) => {
    port['protocol'] ??= 'TCP'
  },
  [`${core}.Probe`]: (probe) => {
    probe['timeoutSeconds'] ??= 1
    probe['periodSeconds'] ??= 10
    probe['successThreshold'] ??= 1
    probe['failureThreshold'] ??= 3
  },
  [`${core}.HTTPGetAction`]: (action) => {
    action['path'] ??= '/'
    action['scheme'] ??= 'HTTP'
  },
  [`${core}.GRPCAction`]: (action) => {
    action['service'] ??= ''
  },
  [`${core}.ObjectFieldSelector`]: (selector) => {
    selector['apiVersion'] ??= 'v1'
  },
  [`${core}.Volume`]: (volume) => {
    if (Object.keys(volume).every((name) => name === 'name')) volume['emptyDir'] = {}
  },
  [`${core}.SecretVolumeSource`]: withMode,
  [`${core}.ConfigMapVolumeSource`]: withMode,
  [`${core}.DownwardAPIVolumeSource`]: withMode,
  [`${core}.ProjectedVolumeSource`]: withMode,
  [`${core}.HostPathVolumeSource`]: (source) => {
    source['type'] ??= ''
  },
  [`${core}.ServiceAccountTokenProjection`]: (projection) => {
    projection['expirationSeconds'] ??= 3600
  },
}

function ofPodSpec(spec: Fields): void {
  spec['dnsPolicy'] ??= 'ClusterFirst'
  spec['restartPolicy'] ??= 'Always'
  spec['securityContext'] ??= {}
  spec['terminationGracePeriodSeconds'] ??= 30
  spec['schedulerName'] ??= 'default-scheduler'
  // The old name of the same field is always written as well.
  if (spec['serviceAccountName'] !== undefined) spec['serviceAccount'] = spec['serviceAccountName']
  else if (spec['serviceAccount'] !== undefined) spec['serviceAccountName'] = spec['serviceAccount']
  if (spec['hostNetwork'] === true) for (const container of containersOf(spec)) withHostPorts(container)
}

/** What comes to a pod, but not to a template. */
function ofPod(pod: Fields): void {
  if (!isFields(pod['spec'])) return
  const { spec } = pod
  spec['enableServiceLinks'] ??= true
  for (const { resources } of containersOf(spec)) {
    if (!isFields(resources) || !isFields(resources['limits'])) continue
    resources['requests'] = { ...resources['limits'], ...(resources['requests'] as Fields | undefined) }
  }
}

function ofContainer(container: Fields): void {
  container['imagePullPolicy'] ??= isLatest(container['image']) ? 'Always' : 'IfNotPresent'
  container['terminationMessagePath'] ??= '/dev/termination-log'
  container['terminationMessagePolicy'] ??= 'File'
}

/** An image without tag is the latest one; one with a digest is not. */
function isLatest(image: unknown): boolean {
  if (typeof image !== 'string' || image === '' || image.includes('@')) return false
  const name = image.slice(image.lastIndexOf('/') + 1)
  return !name.includes(':') || name.endsWith(':latest')
}

function withHostPorts(container: Fields): void {
  for (const port of Array.isArray(container['ports']) ? (container['ports'] as Fields[]) : []) {
    port['hostPort'] ??= port['containerPort']
  }
}

function containersOf(spec: Fields): Fields[] {
  return ['initContainers', 'containers'].flatMap((list) => (Array.isArray(spec[list]) ? (spec[list] as Fields[]) : []))
}

function withMode(source: Fields): void {
  source['defaultMode'] ??= 0o644
}
