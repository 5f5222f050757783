import { matrixCounts } from './run-seeds.ts'

/** The crash matrix alone. Returns the exit code. */
export async function runMatrix(json: boolean): Promise<number> {
  const { plans, broken } = await matrixCounts()
  if (json) console.log(JSON.stringify({ plans, broken }, null, 2))
  else console.log([...broken, `plans: ${plans}`, `violations: ${broken.length}`].join('\n'))
  return broken.length === 0 ? 0 : 1
}
