import {
  apiVersionOf,
  type Clock,
  createEventRecorder,
  type KubeApi,
  type KubeObject,
  type ObjectReference,
  type Random,
  type Resource,
  type Transport,
} from '../../kube/index.ts'
import { DeploymentController } from './deployment/deployment-controller.ts'
import { DisruptionController } from './disruption/disruption-controller.ts'
import { EndpointSliceController, type EndpointSliceOptions } from './endpointslice/endpoint-slice-controller.ts'
import { GarbageCollector } from './garbage/garbage-collector.ts'
import { LostPodCollector } from './garbage/lost-pod-collector.ts'
import { NamespaceController } from './namespace/namespace-controller.ts'
import { NodeLifecycleController, type NodeLifecycleOptions } from './node/node-lifecycle-controller.ts'
import { TaintEvictionController } from './node/taint-eviction-controller.ts'
import { ReplicaSetController } from './replicaset/replica-set-controller.ts'
import { Scheduler } from './scheduler/scheduler.ts'
import { apiOf, type Controller, type ControllerContext } from './shared/controller.ts'
import { CoreEvents } from './shared/core-events.ts'
import { Informers } from './shared/informers.ts'

/** Every controller, by the name under which its events and its transport are known. */
const makers = {
  'deployment-controller': (context) => new DeploymentController(context),
  'replicaset-controller': (context) => new ReplicaSetController(context),
  'endpoint-slice-controller': (context, { endpointSlices }) => new EndpointSliceController(context, endpointSlices),
  'default-scheduler': (context) => new Scheduler(context),
  'garbage-collector': (context) => new GarbageCollector(context),
  'pod-garbage-collector': (context) => new LostPodCollector(context),
  'namespace-controller': (context) => new NamespaceController(context),
  'disruption-controller': (context) => new DisruptionController(context),
  'node-controller': (context, { nodes }) => new NodeLifecycleController(context, nodes),
  'taint-eviction-controller': (context) => new TaintEvictionController(context),
} satisfies Record<string, (context: ControllerContext, options: ControllerOptions) => Controller>

export type ControllerName = keyof typeof makers

export const controllerNames = Object.keys(makers) as readonly ControllerName[]

export interface ControllerOptions {
  /** A way to the API server for each controller, by name; `shared-informers` for the watches that all share. */
  readonly transport: (name: ControllerName | 'shared-informers') => Transport
  readonly clock: Clock
  readonly random: Random
  /** Which to run: watches that none of them needs are not opened. @default all */
  readonly only?: readonly ControllerName[]
  /** Whether they write Events. @default true */
  readonly events?: boolean
  readonly endpointSlices?: EndpointSliceOptions
  readonly nodes?: NodeLifecycleOptions
  /** What failed and will be tried again. Conflicts are not told: they are how concurrent writers meet. */
  readonly onError?: (name: ControllerName | 'shared-informers', error: unknown) => void
}

export interface Controllers {
  /** Resolves when the caches are filled and work has begun, or when stopped before that. */
  readonly ready: Promise<void>
  /** Resolves when every controller has stopped. */
  stop(): Promise<void>
}

/** Starts controllers over one set of watches. */
export function startControllers(options: ControllerOptions): Controllers {
  const { transport, clock, random, only = controllerNames, onError = () => {} } = options
  const informers = new Informers({
    transport: transport('shared-informers'),
    clock,
    random,
    onError: (error) => onError('shared-informers', error),
  })
  const controllers = only.map((name) => makers[name](contextOf(name, informers, options), options))
  informers.start()
  const ready = informers.synced().then(
    () => {
      for (const controller of controllers) controller.begin()
    },
    // Stopped before they were filled.
    () => {},
  )
  return {
    ready,
    async stop() {
      await Promise.all([informers.stop(), ...controllers.map((controller) => controller.stop())])
    },
  }
}

function contextOf(name: ControllerName, informers: Informers, options: ControllerOptions): ControllerContext {
  const { transport, clock, random, events = true, onError = () => {} } = options
  const fieldManager = name === 'default-scheduler' ? 'kube-scheduler' : 'kube-controller-manager'
  const api = apiOf(transport(name), fieldManager)
  const tell = events ? recorderOf(name, api, options) : () => {}
  return {
    api,
    informers,
    clock,
    random,
    record: tell,
    onError: (error) => onError(name, error),
  }
}

/** Under which name Events come where it is not the controller's. */
const componentOf: Partial<Record<ControllerName, string>> = {
  'disruption-controller': 'controllermanager',
}

/** The scheduler alone has moved on to events.k8s.io. */
function recorderOf(name: ControllerName, api: KubeApi, options: ControllerOptions): ControllerContext['record'] {
  const { clock, random, onError = () => {} } = options
  const failed = (error: unknown): void => onError(name, error)
  if (name !== 'default-scheduler') {
    const events = new CoreEvents({ api, clock, random, component: componentOf[name] ?? name, onError: failed })
    return (resource, object, note) => events.record(resource, object, note)
  }
  const recorder = createEventRecorder({
    api,
    clock,
    reportingController: name,
    reportingInstance: name,
    onError: failed,
  })
  return (resource, object, note) => recorder.record({ ...note, regarding: referenceTo(resource, object) })
}

function referenceTo(resource: Resource, { metadata }: KubeObject): ObjectReference {
  const { namespace, name, uid } = metadata
  return {
    apiVersion: apiVersionOf(resource),
    kind: resource.kind,
    name,
    ...(namespace === undefined ? {} : { namespace }),
    ...(uid === undefined ? {} : { uid }),
  }
}
