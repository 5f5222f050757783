/**
 * Policies that cannot work: each is refused by the API server, or shown as an exact condition, and nothing is changed.
 */
import type { Section } from '../check.ts'
import type { Testbed } from '../testbed.ts'
import { Watched } from '../../src/lab/stage/index.ts'
import { announcedCheck } from './announced.ts'
import { thaw } from './freeze.ts'
import { explainChecks } from './explain.ts'
import { badInputNamespace } from './objects.ts'
import { refuseTable } from './refuse.ts'
import { repairCheck, repairedRow } from './repair.ts'
import { showTable } from './show.ts'

export type BadInputTestbed = Pick<Testbed, 'kubectl' | 'transport' | 'images' | 'signal'>

/** Runs the tables on a cluster with the operator, in a namespace that is made for it and deleted at the end. */
export async function badInput({ kubectl, transport, images, signal }: BadInputTestbed): Promise<Section> {
  const removal = ['delete', 'namespace', badInputNamespace, '--ignore-not-found', '--timeout=120s']
  await kubectl.run(removal)
  await kubectl.run(['create', 'namespace', badInputNamespace])
  const watched = new Watched(transport, badInputNamespace, true)
  try {
    await watched.start()
    const refused = await refuseTable(kubectl)
    const shown = await showTable({ kubectl, watched, image: images.naive, signal })
    const announced = await announcedCheck(transport, signal)
    const explained = await explainChecks(kubectl, repairedRow)
    const repaired = await repairCheck(kubectl, watched, signal)
    return {
      name: 'Bad input',
      checks: [...refused.checks, ...shown.checks, announced, ...explained, repaired],
      figures: { policies: refused.rows.length + shown.rows.length, rows: [...refused.rows, ...shown.rows] },
    }
  } finally {
    await watched.stop()
    await thaw(kubectl)
    await kubectl.attempt(removal)
  }
}
