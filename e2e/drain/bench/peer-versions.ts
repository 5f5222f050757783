import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const packages = [
  'http-terminator',
  '@godaddy/terminus',
  'lightship',
  'stoppable',
  'http-graceful-shutdown',
  'close-with-grace',
  'fastify',
] as const

/** The versions of the peers that are installed, for the artifact. */
export function peerVersions(): Record<string, string> {
  return Object.fromEntries(
    packages.map((name) => {
      const file = fileURLToPath(new URL(`../../../node_modules/${name}/package.json`, import.meta.url))
      return [name, (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version]
    }),
  )
}
