import { isKubeError } from '../../../kube/index.ts'

/** What came of a call about one object; undefined when the object is gone, and nothing is left to be done about it. */
export async function unlessGone<T>(call: Promise<T>): Promise<T | undefined> {
  try {
    return await call
  } catch (error) {
    if (isKubeError(error, 'NotFound')) return undefined
    throw error
  }
}
