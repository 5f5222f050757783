import { type Fields, isFields } from '../../schema/json.ts'
import type { Defaulter } from './index.ts'

const apps = 'io.k8s.api.apps.v1'

export const workloadDefaults: Readonly<Record<string, Defaulter>> = {
  [`${apps}.DeploymentSpec`]: (spec) => {
    spec['replicas'] ??= 1
    spec['revisionHistoryLimit'] ??= 10
    spec['progressDeadlineSeconds'] ??= 600
    if (isFields(spec['strategy'])) ofStrategy(spec['strategy'])
  },
  [`${apps}.ReplicaSetSpec`]: (spec) => {
    spec['replicas'] ??= 1
  },
}

function ofStrategy(strategy: Fields): void {
  strategy['type'] ??= 'RollingUpdate'
  if (strategy['type'] !== 'RollingUpdate') return
  const rollingUpdate = (strategy['rollingUpdate'] ??= {}) as Fields
  rollingUpdate['maxUnavailable'] ??= '25%'
  rollingUpdate['maxSurge'] ??= '25%'
}
