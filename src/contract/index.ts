/**
 * The drain contract in a pod template: what it promises today and who says so, what to write so that it promises what
 * was computed, and every refusal predicted and explained before anything is sent. Pure: plain data in, plain data out.
 */
export { chooseContainer, type ContainerChoice } from './container-choice.ts'
export type * from './deployment-view.ts'
export { describeOwners, isGitOps, isOurs } from './managers.ts'
export {
  chooseMethod,
  DRAIN_PORT_NAME,
  DRAIN_PORT_NUMBER,
  type DrainMethod,
  type MethodChoice,
} from './drain-method.ts'
export {
  type ApplyConfiguration,
  type Conflict,
  type ConflictCode,
  type ContainerApply,
  type ContractField,
  FIELD_MANAGER,
  type Note,
  type NoteCode,
  type PatchRequest,
  type Plan,
  type WantedReadiness,
  type WrittenContract,
} from './patch.ts'
export { planPatch } from './plan-patch.ts'
export { planRelease } from './plan-release.ts'
export { type PodContract, type PodContractView, podOnContract, projectPodContract } from './pod-contract.ts'
export { DEFAULT_GRACE_SECONDS, projectDeployment } from './project-deployment.ts'
export { readContract, type Source, type TemplateContract } from './template-contract.ts'
export { isTemplateLastOurs } from './template-writer.ts'
