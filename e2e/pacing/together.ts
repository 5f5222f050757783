/** Like Promise.all, but waits for the others before it fails: what they started has been ended then. */
export async function together<T>(work: readonly Promise<T>[]): Promise<T[]> {
  await Promise.allSettled(work)
  return Promise.all(work)
}
