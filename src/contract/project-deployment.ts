import type { DeploymentView } from './deployment-view.ts'

/** Reads a raw Deployment of any shape; whatever cannot be understood is absent. */
export function projectDeployment(_raw: unknown): DeploymentView {
  throw new Error('projectDeployment is not written yet')
}
