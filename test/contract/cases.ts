import type { Case } from './case.ts'
import { AFTER_US } from './cases-after-us.ts'
import { CONTAINERS } from './cases-of-containers.ts'
import { UNDONE } from './cases-undone.ts'
import { OTHERS } from './cases-of-others.ts'

/** Every verdict, each by a sentence of its own. */
export const CASES: readonly Case[] = [...OTHERS, ...AFTER_US, ...UNDONE, ...CONTAINERS]
