import { ClusterError } from './cluster-error.ts'
import { runCommand } from './command.ts'
import type { ImageFile } from './layer.ts'

/** Where the layer of `nodeRuntimeFiles` holds Node. */
export const NODE_PATH = '/usr/local/bin/node'

/**
 * A layer with which a Node program runs: the given Node, the shared libraries and the loader that it names, `/tmp`,
 * and a user `nonroot` (65532). There is no shell in it.
 *
 * @param nodeBinary @default the Node that runs this
 */
export async function nodeRuntimeFiles(nodeBinary: string = process.execPath): Promise<readonly ImageFile[]> {
  const libraries = sharedLibraries(await runCommand(['ldd', nodeBinary]))
  return [
    { path: '/tmp', directory: true, mode: 0o1777 },
    { path: '/etc/passwd', content: 'root:x:0:0::/:\nnonroot:x:65532:65532::/tmp:\n' },
    { path: '/etc/group', content: 'root:x:0:\nnonroot:x:65532:\n' },
    { path: '/etc/nsswitch.conf', content: 'hosts: files dns\n' },
    ...libraries.map((path) => ({ path, from: path, mode: 0o755 })),
    { path: NODE_PATH, from: nodeBinary, mode: 0o755 },
  ]
}

/**
 * The files that `ldd` names, the loader among them. The kernel's own object (`linux-vdso`) has no file.
 *
 * @throws ClusterError `InvalidImage` when a library was not found
 */
export function sharedLibraries(lddOutput: string): readonly string[] {
  const lost = /^\s*(\S+) => not found/m.exec(lddOutput)
  if (lost) throw new ClusterError('InvalidImage', `the shared library ${lost[1]} is not installed`)
  const paths = [...lddOutput.matchAll(/(?:^|\s)(\/\S+) \(0x[0-9a-f]+\)/gm)].map((match) => match[1] ?? '')
  return [...new Set(paths)].sort()
}
