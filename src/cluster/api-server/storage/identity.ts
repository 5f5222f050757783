import type { Random } from '../../../kube/index.ts'
import type { Collection } from './collection.ts'

/** No vowels and no digits that look like letters: no words by chance. */
const alphabet = 'bcdfghjklmnpqrstvwxz2456789'
const suffixLength = 5
const longestName = 63
const attempts = 8

/** A name that nothing has yet, as far as eight attempts can tell. */
export function generateName(
  base: string,
  collection: Collection,
  namespace: string | undefined,
  random: Random,
): string {
  let name = ''
  for (let attempt = 0; attempt < attempts; attempt++) {
    name = base.slice(0, longestName - suffixLength)
    for (let index = 0; index < suffixLength; index++) name += alphabet[Math.floor(random() * alphabet.length)]
    if (collection.get(namespace, name) === undefined) return name
  }
  return name
}

/** A version 4 UUID from the server's own randomness, so that a simulation has the same ones again. */
export function newUid(random: Random): string {
  let hex = ''
  for (let index = 0; index < 8; index++) {
    hex += Math.floor(random() * 0x10000)
      .toString(16)
      .padStart(4, '0')
  }
  const variant = '89ab'[Math.floor(random() * 4)]
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-${variant}${hex.slice(17, 20)}-${hex.slice(20)}`
}
