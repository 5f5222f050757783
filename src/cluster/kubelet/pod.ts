import type { KubeObject } from '../../kube/index.ts'

/** What a kubelet reads of a pod, as the API server has defaulted it. */
export interface Pod extends KubeObject {
  readonly spec: PodSpec
  readonly status?: PodStatus
}

export interface PodSpec {
  readonly nodeName?: string
  readonly restartPolicy?: 'Always' | 'OnFailure' | 'Never'
  readonly terminationGracePeriodSeconds?: number
  readonly activeDeadlineSeconds?: number
  readonly hostNetwork?: boolean
  readonly enableServiceLinks?: boolean
  readonly serviceAccountName?: string
  readonly readinessGates?: readonly { readonly conditionType: string }[]
  readonly initContainers?: readonly Container[]
  readonly containers: readonly Container[]
}

export interface Container {
  readonly name: string
  readonly image: string
  readonly imagePullPolicy?: 'Always' | 'IfNotPresent' | 'Never'
  readonly command?: readonly string[]
  readonly args?: readonly string[]
  readonly env?: readonly EnvVar[]
  readonly envFrom?: readonly EnvFrom[]
  readonly ports?: readonly { readonly name?: string; readonly containerPort: number }[]
  readonly resources?: { readonly requests?: Record<string, string>; readonly limits?: Record<string, string> }
  /** Only of init containers: `Always` makes a sidecar. */
  readonly restartPolicy?: 'Always'
  readonly lifecycle?: { readonly postStart?: Handler; readonly preStop?: Handler }
  readonly startupProbe?: Probe
  readonly readinessProbe?: Probe
  readonly livenessProbe?: Probe
  readonly terminationMessagePath?: string
  readonly terminationMessagePolicy?: 'File' | 'FallbackToLogsOnError'
}

export interface EnvVar {
  readonly name: string
  readonly value?: string
  readonly valueFrom?: {
    readonly fieldRef?: { readonly fieldPath: string }
    readonly resourceFieldRef?: {
      readonly resource: string
      readonly containerName?: string
      readonly divisor?: string
    }
    readonly configMapKeyRef?: KeyRef
    readonly secretKeyRef?: KeyRef
  }
}

export interface KeyRef {
  readonly name: string
  readonly key: string
  readonly optional?: boolean
}

export interface EnvFrom {
  readonly prefix?: string
  readonly configMapRef?: { readonly name: string; readonly optional?: boolean }
  readonly secretRef?: { readonly name: string; readonly optional?: boolean }
}

/** What a hook or a probe does; exactly one of these. */
export interface Handler {
  readonly exec?: { readonly command: readonly string[] }
  readonly httpGet?: HttpGet
  readonly tcpSocket?: { readonly port: number | string; readonly host?: string }
  /** Only of hooks. */
  readonly sleep?: { readonly seconds: number }
  /** Only of probes. */
  readonly grpc?: { readonly port: number; readonly service?: string }
}

export interface HttpGet {
  readonly path?: string
  readonly port: number | string
  readonly host?: string
  readonly scheme?: 'HTTP' | 'HTTPS'
  readonly httpHeaders?: readonly { readonly name: string; readonly value: string }[]
}

export interface Probe extends Handler {
  readonly initialDelaySeconds?: number
  readonly timeoutSeconds?: number
  readonly periodSeconds?: number
  readonly successThreshold?: number
  readonly failureThreshold?: number
  readonly terminationGracePeriodSeconds?: number
}

export type Phase = 'Pending' | 'Running' | 'Succeeded' | 'Failed' | 'Unknown'

export interface PodCondition {
  readonly type: string
  readonly status: 'True' | 'False' | 'Unknown'
  readonly reason?: string
  readonly message?: string
  readonly lastProbeTime?: string | null
  readonly lastTransitionTime?: string
  readonly observedGeneration?: number
}

export interface PodStatus {
  readonly observedGeneration?: number
  readonly phase?: Phase
  readonly reason?: string
  readonly message?: string
  readonly conditions?: readonly PodCondition[]
  readonly hostIP?: string
  readonly hostIPs?: readonly { readonly ip: string }[]
  readonly podIP?: string
  readonly podIPs?: readonly { readonly ip: string }[]
  readonly startTime?: string
  readonly resources?: object
  readonly initContainerStatuses?: readonly ContainerStatus[]
  readonly containerStatuses?: readonly ContainerStatus[]
}

export interface ContainerStatus {
  readonly name: string
  readonly state: ContainerState
  readonly lastState: ContainerState
  readonly ready: boolean
  readonly started: boolean
  readonly restartCount: number
  readonly image: string
  readonly imageID: string
  readonly containerID?: string
  readonly resources?: object
}

export interface ContainerState {
  readonly waiting?: { readonly reason: string; readonly message?: string }
  readonly running?: { readonly startedAt: string }
  readonly terminated?: Terminated
}

export interface Terminated {
  readonly exitCode: number
  readonly reason: string
  readonly message?: string
  readonly startedAt: string
  readonly finishedAt: string
  readonly containerID: string
}

/** An init container that goes on running beside the others. */
export function isSidecar(container: Container): boolean {
  return container.restartPolicy === 'Always'
}

/** `default/web-1`, as messages name a pod: with its uid. */
export function podInWords({ metadata }: Pod): string {
  return `${metadata.name}_${metadata.namespace ?? ''}(${metadata.uid ?? ''})`
}

/** The number of a port that is given by number or by name. @throws Error for a name that no port has. */
export function portNumber(port: number | string, container: Container): number {
  if (typeof port === 'number') return port
  const named = container.ports?.find(({ name }) => name === port)?.containerPort
  const number = named ?? (/^\d+$/.test(port) ? Number(port) : undefined)
  if (number === undefined) throw new Error(`couldn't find port: "${port}" in container "${container.name}"`)
  return number
}
