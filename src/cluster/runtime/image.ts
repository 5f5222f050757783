/** What a pod's `image` stands for on this machine: a program, with the environment that it brings. */
export interface ProcessImage {
  /** A pod's `command` replaces it. */
  readonly command: readonly string[]
  /** A pod's `args`, or its `command`, replace them. */
  readonly args?: readonly string[]
  /** A pod's own variables go before these. */
  readonly env?: Readonly<Record<string, string>>
}

/** Images by the name that pods use, such as `drainkeeper:0.1.0`. */
export type ProcessImages = Readonly<Record<string, ProcessImage>>

/** There is no such image on this machine, and nowhere to pull it from. */
export class ImageNotFound extends Error {
  override readonly name = 'ImageNotFound'
  readonly code = 'ImageNotFound'

  constructor(image: string, known: readonly string[]) {
    super(`no image "${image}" in this cluster; it has: ${known.join(', ') || 'none'}`)
  }
}

/** Program and arguments, by the rules of `command` and `args` in a pod. */
export function commandLine(
  image: ProcessImage,
  { command, args }: { readonly command?: readonly string[]; readonly args?: readonly string[] },
): readonly string[] {
  if (command !== undefined && command.length > 0) return [...command, ...(args ?? [])]
  return [...image.command, ...(args ?? image.args ?? [])]
}
