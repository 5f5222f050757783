/**
 * The folder `controllers`: what moves a cluster from what is to what is wanted. Deployments, ReplicaSets, endpoint
 * slices, the scheduler, garbage collection, namespaces, disruption budgets, nodes: each is a client of the API server
 * like any other, with one queue of keys, over the watches that all share. What they do, and in which order, is
 * Kubernetes 1.36's; the decisions are pure functions in files of their own.
 *
 * Nothing here reads a clock or chance by itself, and nothing polls: between two changes only deadlines are pending.
 */
export {
  type Controllers,
  controllerNames,
  type ControllerName,
  type ControllerOptions,
  startControllers,
} from './start.ts'
