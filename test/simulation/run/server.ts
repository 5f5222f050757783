import { ApiServer } from '../../../src/cluster/api-server/index.ts'
import { customResourceDefinition } from '../../../src/api/crd.ts'
import {
  type Clock,
  createKubeApi,
  type KubeObject,
  namespaces,
  type Random,
  type Resource,
} from '../../../src/kube/index.ts'
import { namespace, operatorNamespace } from '../world/manifest.ts'

const definitions: Resource = {
  group: 'apiextensions.k8s.io',
  version: 'v1',
  plural: 'customresourcedefinitions',
  kind: 'CustomResourceDefinition',
  namespaced: false,
}

const definition = customResourceDefinition() as unknown as KubeObject

/** An API server with what the operator needs in it: namespaces and the custom resource. */
export async function makeServer(clock: Clock, random: Random): Promise<ApiServer> {
  const server = new ApiServer({ clock, random })
  const api = createKubeApi(server.client('kubectl'))
  for (const name of [namespace, operatorNamespace]) {
    await api.create(namespaces, { apiVersion: 'v1', kind: 'Namespace', metadata: { name } })
  }
  await api.create(definitions, definition)
  return server
}
