import type { Case } from '../case.ts'
import { connectionCases } from './connections.ts'
import { grpcCases } from './grpc.ts'
import { http2Cases } from './http2.ts'
import { processCases } from './process.ts'
import { requestCases } from './requests.ts'
import { upgradeCases } from './upgrades.ts'

/** In the order of the table. */
export const cases: readonly Case[] = [
  ...requestCases,
  ...connectionCases,
  ...upgradeCases,
  ...http2Cases,
  ...grpcCases,
  ...processCases,
]
