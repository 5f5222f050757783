import { writeFileSync } from 'node:fs'
import { cases } from '../e2e/conformance-api/cases/index.ts'
import { Golden } from '../e2e/conformance-api/golden.ts'
import { embeddedClusterPage } from '../e2e/conformance-api/reference-page.ts'

/** Writes `docs/reference/embedded-cluster.md` below this folder. */
export function writeEmbeddedClusterPage(root: string): void {
  writeFileSync(`${root}docs/reference/embedded-cluster.md`, embeddedClusterPage(cases, new Golden().versions))
}
