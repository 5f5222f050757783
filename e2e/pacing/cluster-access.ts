import { readFileSync } from 'node:fs'
import { parse } from 'yaml'
import { addressesOf } from '../cluster/local/addresses.ts'
import type { Cluster } from '../cluster/provider.ts'
import type { ApiServer } from './api-proxy.ts'

/** Where things are in the network of a local cluster. */
export interface ClusterAccess {
  readonly apiServer: ApiServer
  /** This machine, as nodes see it. */
  readonly host: string
  node(number: number): string
  /** Addresses of Services that the run may give out. */
  serviceAddress(number: number): string
}

interface Kubeconfig {
  clusters: { cluster: { server: string; 'certificate-authority-data': string } }[]
}

export function accessOf(cluster: Cluster): ClusterAccess {
  const { clusters } = parse(readFileSync(cluster.kubeconfigPath, 'utf8')) as Kubeconfig
  const first = clusters[0]?.cluster
  const x = /^https:\/\/10\.(\d+)\.0\.1:/.exec(first?.server ?? '')?.[1]
  if (first === undefined || x === undefined) throw new Error('this is no cluster of the local provider')
  const addresses = addressesOf(Number(x))
  const services = addresses.serviceRange.replace(/\.\d+\.\d+\/\d+$/, '')
  const third = Number(addresses.serviceRange.split('.')[2]) + 1
  return {
    apiServer: {
      url: first.server,
      ca: Buffer.from(first['certificate-authority-data'], 'base64').toString(),
    },
    host: addresses.host,
    node: (number) => addresses.node(number),
    serviceAddress: (number) => `${services}.${third}.${number}`,
  }
}
