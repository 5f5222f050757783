import type { Ground, Target } from './target.ts'

/** The embedded cluster as a target. */
export async function embeddedTarget(ground: Ground): Promise<Target> {
  throw new Error(`no embedded ${ground} yet`)
}
