import type { Case } from '../case.ts'
import { objectCases } from './objects.ts'

/** Every case, by area. */
export const cases: readonly Case[] = [...objectCases]
