import type { Program, Site } from './site.ts'

export interface EmbeddedSiteOptions {
  /** The bundled file of each program: what its image is, here. */
  readonly files: Readonly<Record<Program, string>>
  readonly nodes: number
  readonly signal: AbortSignal
}

/** A cluster in this process. */
export async function openEmbeddedSite(_options: EmbeddedSiteOptions): Promise<Site> {
  throw new Error('the embedded cluster is not there yet')
}
