import type { TransportResponse } from '../../../kube/index.ts'
import { type ApiRequest, TextAnswer } from '../request/api-request.ts'

/** `/version` and the checks that clients make before anything else. */
export function answerHealth(request: ApiRequest, gitVersion: string): TransportResponse | undefined {
  switch (request.path) {
    case '/version':
    case '/version/':
      return new TextAnswer(200, JSON.stringify(versionOf(gitVersion)))
    case '/healthz':
    case '/livez':
    case '/readyz':
    case '/ping':
      return new TextAnswer(200, 'ok', 'text/plain; charset=utf-8')
    default:
      return undefined
  }
}

function versionOf(gitVersion: string): object {
  const [, major = '1', minor = '0'] = /^v(\d+)\.(\d+)/.exec(gitVersion) ?? []
  return {
    major,
    minor,
    emulationMajor: major,
    emulationMinor: minor,
    minCompatibilityMajor: major,
    minCompatibilityMinor: String(Math.max(0, Number(minor) - 1)),
    gitVersion,
    gitCommit: '0000000000000000000000000000000000000000',
    gitTreeState: 'clean',
    buildDate: '1970-01-01T00:00:00Z',
    goVersion: 'go1.26',
    compiler: 'gc',
    platform: 'linux/amd64',
  }
}
