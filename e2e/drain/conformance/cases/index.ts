import type { Case } from '../case.ts'
import { connectionCases } from './connections.ts'
import { requestCases } from './requests.ts'

/** In the order of the table. */
export const cases: readonly Case[] = [...requestCases, ...connectionCases]
