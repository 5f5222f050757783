import { fileURLToPath } from 'node:url'
import { parseAllDocuments } from 'yaml'
import { imageNames } from './images.ts'
import { operatorNamespace } from '../src/lab/stage/index.ts'
import type { Kubectl } from './kubectl.ts'

const config = fileURLToPath(new URL('../config', import.meta.url))

interface OperatorDeployment {
  kind?: string
  spec?: { template?: { spec?: { containers?: { image?: string }[] } } }
}

/** Whether somebody has installed drainkeeper here before us; then it is not ours to take away. */
export async function isInstalled(kubectl: Kubectl): Promise<boolean> {
  return (await kubectl.attempt(['get', 'crd', 'drainpolicies.drainkeeper.dev'])).code === 0
}

/** Takes away what `installOperator` brought, as far as the cluster still answers. */
export async function uninstallOperator(kubectl: Kubectl): Promise<void> {
  await kubectl.attempt(['delete', '-k', config, '--ignore-not-found', '--wait=false', '--request-timeout=20s'])
}

/** Installs what config/ says, as a user does, with the image that this cluster can run; waits until it is ready. */
export async function installOperator(kubectl: Kubectl, image: string): Promise<void> {
  const rendered = await kubectl.run(['kustomize', config])
  const objects = parseAllDocuments(rendered).map((document) => document.toJS() as OperatorDeployment)
  for (const { kind, spec } of objects) {
    const container = kind === 'Deployment' ? spec?.template?.spec?.containers?.[0] : undefined
    if (container?.image === imageNames.operator) container.image = image
  }
  await kubectl.apply(...objects)
  await kubectl.run(['wait', '--for=condition=Established', 'crd/drainpolicies.drainkeeper.dev', '--timeout=60s'])
  await kubectl.run(['-n', operatorNamespace, 'rollout', 'status', 'deployment/drainkeeper', '--timeout=180s'])
}
