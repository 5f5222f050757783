import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { prometheusBinary, versionOf } from '../signals/children.ts'
import type { Program, Programs } from './programs.ts'
import { ready } from './ready.ts'

const port = 9090
export interface PrometheusOptions {
  readonly programs: Programs
  readonly node: string
  readonly address: string
  /** Where `ScrapeTargets` writes which pods there are. */
  readonly targetsFile: string
}

export interface RunningPrometheus {
  readonly url: string
  readonly version: string
  readonly program: Program
}

/** Debian's Prometheus in the cluster's network. It scrapes the port `drain` of every pod each second. */
export async function startPrometheus(options: PrometheusOptions): Promise<RunningPrometheus> {
  const { programs, node, address, targetsFile } = options
  const binary = prometheusBinary(programs.folder)
  const config = join(programs.folder, 'prometheus.yml')
  const pods = { job_name: 'pods', file_sd_configs: [{ files: [targetsFile] }] }
  const global = { scrape_interval: '1s', scrape_timeout: '1s' }
  writeFileSync(config, JSON.stringify({ global, scrape_configs: [pods] }))
  const program = await programs.start('prometheus', node, [
    binary,
    `--config.file=${config}`,
    `--storage.tsdb.path=${join(programs.folder, 'prometheus')}`,
    `--web.listen-address=${address}:${port}`,
    '--log.level=warn',
  ])
  const url = `http://${address}:${port}/`
  await ready('Prometheus', `${url}-/ready`, program)
  return { url, version: versionOf(binary), program }
}

/** Queries of one's own, as docs/signals.md has them. */
export const ownQueries = {
  requests:
    'sum(increase(drain_server_requests_total{namespace="$namespace",app="$workload",code!="aborted"}[$range]))',
  errors:
    'sum(increase(drain_server_requests_total{namespace="$namespace",app="$workload",code=~"5xx|forced"}[$range])) or vector(0)',
}
