import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { accepts, nodeServer, rollUnder } from './behind-balancer.ts'
import { goClient } from './clients.ts'
import { freePort, startBackends } from './rolling.ts'
import type { Routing } from './rolling.ts'
import type { Ending } from './servers/application.ts'
import type { Measured, Stage, Trial } from './trial.ts'

interface Setting {
  ending: Ending
  /** Whether nginx is told which backend goes, by a new configuration, as an ingress controller tells it. */
  told: boolean
  /** `proxy_next_upstream`; `off` shows the client every failure. */
  retries: 'off' | 'error timeout'
  /** Whether nginx, by its default, asks nothing of a backend for 10 s after one failure (`max_fails`, `fail_timeout`). */
  bans?: boolean
}

/** nginx in front of two backends, with kept connections to both. */
async function behindNginx(stage: Stage, { ending, told, retries, bans = false }: Setting): Promise<Measured> {
  const backends = await startBackends(stage.processes, nodeServer('http.ts', ending, 'http1'))
  const ports = backends.map(({ port }) => port)
  const listenPort = await freePort()
  const file = join(stage.folder, 'nginx.conf')
  const command = ['nginx', '-p', stage.folder, '-c', file, '-e', join(stage.folder, 'error.log')]
  const gone = new Set<number>()
  const servers = (): string[] =>
    ports.map((port) => `server 127.0.0.1:${port}${bans ? '' : ' max_fails=0'}${gone.has(port) ? ' down' : ''};`)
  const configure = (): Promise<void> => writeFile(file, configuration(listenPort, servers(), retries))
  await configure()
  const nginx = stage.processes.start(command)
  await accepts(listenPort)
  const reload = async (): Promise<void> => {
    await configure()
    nginx.signal('SIGHUP')
  }
  const tell: Routing = {
    withdraw: (port) => (gone.add(port), reload()),
    restore: (port) => (gone.delete(port), reload()),
  }
  const keepSilent: Routing = { withdraw: () => undefined, restore: () => undefined }
  try {
    const counts = goClient(stage, 'http1', [`127.0.0.1:${listenPort}`], { keepAlive: false })
    await sleep(500)
    return await rollUnder(stage, counts, backends, told ? tell : keepSilent)
  } finally {
    nginx.kill()
    for (const { running } of backends) running.kill()
  }
}

function configuration(listenPort: number, servers: readonly string[], retries: string): string {
  return `
daemon off;
worker_processes 1;
worker_shutdown_timeout 5s;
pid nginx.pid;
events { worker_connections 1024; }
http {
  access_log off;
  client_body_temp_path body;
  proxy_temp_path proxy;
  fastcgi_temp_path fastcgi;
  uwsgi_temp_path uwsgi;
  scgi_temp_path scgi;
  upstream backends {
    ${servers.join('\n    ')}
    keepalive 32;
  }
  server {
    listen 127.0.0.1:${listenPort};
    location / {
      proxy_pass http://backends;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      proxy_next_upstream ${retries};
    }
  }
}
`
}

function nginxTrial(setting: Setting, expected: Trial['expected']): Trial {
  const { ending, told, retries, bans } = setting
  return {
    name: `nginx ${told ? 'told' : 'not told'}, next_upstream ${retries}${bans ? ', max_fails 1' : ''} -> node, ${ending}`,
    group: 'nginx',
    expected,
    run: (stage) => behindNginx(stage, setting),
  }
}

export const nginxTrials: readonly Trial[] = [
  nginxTrial({ ending: 'drain-server', told: true, retries: 'off' }, 'nothing lost'),
  nginxTrial({ ending: 'close', told: true, retries: 'off' }, 'something lost'),
  nginxTrial({ ending: 'drain-server', told: false, retries: 'off' }, 'something lost'),
  nginxTrial({ ending: 'drain-server', told: false, retries: 'error timeout' }, 'nothing lost'),
  nginxTrial({ ending: 'drain-server', told: false, retries: 'error timeout', bans: true }, 'told'),
]
