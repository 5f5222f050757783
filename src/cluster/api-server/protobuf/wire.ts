/** One field of a message as it is on the wire. */
export interface WireField {
  readonly number: number
  /** A varint (as a signed 64-bit integer where it is one), or bytes. */
  readonly value: bigint | Uint8Array
}

const varint = 0
const fixed64 = 1
const bytes = 2
const fixed32 = 5

/** The fields of a message, in their order. @throws RangeError for what is no message. */
export function* wireFields(message: Uint8Array): Generator<WireField> {
  const reader = new WireReader(message)
  while (!reader.isAtEnd) {
    const key = Number(reader.varint())
    const number = key >>> 3
    switch (key & 7) {
      case varint:
        yield { number, value: BigInt.asIntN(64, reader.varint()) }
        break
      case fixed64:
        yield { number, value: reader.bytes(8) }
        break
      case bytes:
        yield { number, value: reader.bytes(Number(reader.varint())) }
        break
      case fixed32:
        yield { number, value: reader.bytes(4) }
        break
      default:
        throw new RangeError(`proto: illegal wireType ${key & 7}`)
    }
  }
}

class WireReader {
  readonly #data: Uint8Array
  #at = 0

  constructor(data: Uint8Array) {
    this.#data = data
  }

  get isAtEnd(): boolean {
    return this.#at >= this.#data.length
  }

  varint(): bigint {
    let value = 0n
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = this.#data[this.#at++]
      if (byte === undefined) throw new RangeError('unexpected EOF')
      value |= BigInt(byte & 0x7f) << shift
      if (byte < 0x80) return value
    }
    throw new RangeError('proto: integer overflow')
  }

  bytes(length: number): Uint8Array {
    const end = this.#at + length
    if (end > this.#data.length) throw new RangeError('unexpected EOF')
    const found = this.#data.subarray(this.#at, end)
    this.#at = end
    return found
  }
}
