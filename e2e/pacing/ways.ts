import type { Trial } from './compared.ts'
import type { SceneOptions } from './scene.ts'

/** The ways to roll a bad version out that are compared. */

/** What people do who know nothing of the version: one pod, and ten seconds. */
export const fixedStep = { strategy: { rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } }, minReadySeconds: 10 }

/** Nobody stops it. */
export const never: Trial['stopped'] = () => false

/** The template is the old one again, by a revision of its own. */
export const isTakenBack: Trial['stopped'] = (now, before) => now.revision > (before?.revision ?? 0) + 1

/** A scene whose owner allows rollbacks, and wants them. */
export const rolledBack = (
  pacing: Readonly<Record<string, unknown>>,
): Pick<SceneOptions, 'annotations' | 'pacing'> => ({
  annotations: { 'drainkeeper.dev/rollback': 'allowed' },
  pacing: { ...pacing, onBreach: 'Rollback' },
})
