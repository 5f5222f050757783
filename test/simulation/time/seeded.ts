/**
 * Numbers that a seed determines (splitmix32 for the state, sfc32 for the numbers). `fork` gives an independent stream
 * by name, so that asking more of one thing changes nothing of another.
 */
export class Seeded {
  readonly #seed: number
  #a: number
  #b: number
  #c: number
  #count = 1

  constructor(seed: number, name = '') {
    this.#seed = mix(seed ^ hashOf(name))
    this.#a = mix(this.#seed + 1)
    this.#b = mix(this.#seed + 2)
    this.#c = mix(this.#seed + 3)
    for (let round = 0; round < 8; round += 1) this.next()
  }

  fork(name: string): Seeded {
    return new Seeded(this.#seed, name)
  }

  /** In [0, 1). */
  readonly next = (): number => {
    const sum = (this.#a + this.#b + this.#count) | 0
    this.#count = (this.#count + 1) | 0
    this.#a = this.#b ^ (this.#b >>> 9)
    this.#b = (this.#c + (this.#c << 3)) | 0
    this.#c = (((this.#c << 21) | (this.#c >>> 11)) + sum) | 0
    return (sum >>> 0) / 4_294_967_296
  }

  /** A whole number from `least` to `most`, both included. */
  int(least: number, most: number): number {
    return least + Math.floor(this.next() * (most - least + 1))
  }

  chance(probability: number): boolean {
    return this.next() < probability
  }

  pick<T>(items: readonly T[]): T {
    if (items.length === 0) throw new RangeError('nothing to pick from')
    return items[this.int(0, items.length - 1)] as T
  }

  /** Picks by weight. */
  weighted<T extends string>(weights: Readonly<Record<T, number>>): T {
    const entries = Object.entries<number>(weights) as [T, number][]
    let rest = this.next() * entries.reduce((sum, [, weight]) => sum + weight, 0)
    for (const [name, weight] of entries) {
      rest -= weight
      if (rest < 0) return name
    }
    return (entries.at(-1) as [T, number])[0]
  }
}

/** FNV-1a, 32 bit. */
export function hashOf(text: string): number {
  let hash = 0x81_1c_9d_c5
  for (let index = 0; index < text.length; index += 1) {
    hash = Math.imul(hash ^ text.charCodeAt(index), 0x01_00_01_93)
  }
  return hash >>> 0
}

function mix(value: number): number {
  let mixed = (value + 0x9e_37_79_b9) | 0
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x21_f0_aa_ad)
  mixed = Math.imul(mixed ^ (mixed >>> 15), 0x73_5a_2d_97)
  return (mixed ^ (mixed >>> 15)) >>> 0
}
