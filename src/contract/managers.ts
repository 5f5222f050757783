import type { FieldOwner } from './deployment-view.ts'
import { FIELD_MANAGER } from './patch.ts'

/** Who stands behind a field manager's name, and where that one's intention is written down. */
interface Tool {
  name: string
  place: string
  /** It puts back what is written there, whoever changed it. */
  gitOps?: true
}

const MANIFEST = 'in the manifest'
const GIT = 'in Git'

const TOOLS: Readonly<Record<string, Tool>> = {
  'argocd-controller': { name: 'Argo CD', place: GIT, gitOps: true },
  'argocd-application-controller': { name: 'Argo CD', place: GIT, gitOps: true },
  'kustomize-controller': { name: 'Flux', place: GIT, gitOps: true },
  'helm-controller': { name: "Flux's Helm controller", place: "in the HelmRelease's values", gitOps: true },
  'fleet-agent': { name: 'Rancher Fleet', place: GIT, gitOps: true },
  fleetagent: { name: 'Rancher Fleet', place: GIT, gitOps: true },
  helm: { name: 'Helm', place: "in the chart's values" },
  Helm: { name: 'Helm', place: "in the chart's values" },
  'kubectl-client-side-apply': { name: 'kubectl apply', place: MANIFEST },
  kubectl: { name: 'kubectl apply --server-side', place: MANIFEST },
  'kubectl-create': { name: 'kubectl create', place: MANIFEST },
  'kubectl-replace': { name: 'kubectl replace', place: MANIFEST },
  'kubectl-edit': { name: 'kubectl edit', place: 'with kubectl edit' },
  'kubectl-patch': { name: 'kubectl patch', place: 'with kubectl patch' },
  'kubectl-set': { name: 'kubectl set', place: 'with kubectl set' },
  'kubectl-rollout': { name: 'kubectl rollout', place: 'with kubectl rollout' },
  Terraform: { name: 'Terraform', place: 'in the Terraform configuration' },
  'pulumi-kubernetes': { name: 'Pulumi', place: 'in the Pulumi program' },
  'vpa-updater': { name: 'the VerticalPodAutoscaler', place: 'in its VerticalPodAutoscaler' },
  'horizontal-pod-autoscaler': { name: 'the HorizontalPodAutoscaler', place: 'in its HorizontalPodAutoscaler' },
}

/** Whether it is the manager that holds the contract. */
export function isOurs(owner: FieldOwner): boolean {
  return owner.manager === FIELD_MANAGER && owner.operation === 'Apply' && owner.subresource === ''
}

export function isSameOwner(one: FieldOwner, other: FieldOwner): boolean {
  return one.manager === other.manager && one.operation === other.operation && one.subresource === other.subresource
}

/** Whether a field manager is a tool that keeps a cluster as Git has it: what others change, it puts back. */
export function isGitOps(manager: string): boolean {
  return Object.hasOwn(TOOLS, manager) && TOOLS[manager]?.gitOps === true
}

const HANDS: ReadonlySet<string> = new Set(['kubectl-edit', 'kubectl-patch', 'kubectl-set', 'kubectl-replace'])

/** Whoever is named so wrote the field itself, and did not put back a whole template. */
export function writesByHand({ manager }: FieldOwner): boolean {
  return HANDS.has(manager)
}

/** Without a field manager of its own, as `kubectl rollout undo` writes: not the server-side apply of the same name. */
const KUBECTL_UPDATE: Tool = { name: 'kubectl rollout undo, edit or patch', place: 'with kubectl edit' }

function toolOf(owner: FieldOwner): Tool | undefined {
  if (owner.manager === 'kubectl' && owner.operation === 'Update') return KUBECTL_UPDATE
  return Object.hasOwn(TOOLS, owner.manager) ? TOOLS[owner.manager] : undefined
}

/** The owners by the names that people know, with the field manager's own name where the two differ. */
export function describeOwners(owners: readonly FieldOwner[]): string {
  if (owners.length === 0) return 'nobody on record (a webhook or an admission policy may have set it)'
  const names = owners.map((owner) => {
    const tool = toolOf(owner)
    return tool === undefined ? `the field manager "${owner.manager}"` : `${tool.name} (${owner.manager})`
  })
  return [...new Set(names)].join(' and ')
}

/** Where a person has to write what the owners state. */
export function placeOf(owners: readonly FieldOwner[]): string {
  const places = owners.map((owner) => toolOf(owner)?.place ?? `where "${owner.manager}" takes it from`)
  return places.length === 0 ? MANIFEST : [...new Set(places)].join(' and ')
}
