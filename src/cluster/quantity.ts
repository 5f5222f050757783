const binary = ['', 'Ki', 'Mi', 'Gi', 'Ti', 'Pi', 'Ei']
const decimal = ['n', 'u', 'm', '', 'k', 'M', 'G', 'T', 'P', 'E']
const pattern = /^([+-]?)(\d+\.?\d*|\.\d+)(Ki|Mi|Gi|Ti|Pi|Ei|n|u|m|k|M|G|T|P|E|[eE][+-]?\d+)?$/

/** The form in which the API server writes a quantity: `1000m` is `1`, `0.5` is `500m`. What is none stays as it is. */
export function canonicalQuantity(value: unknown): unknown {
  const match = typeof value === 'string' || typeof value === 'number' ? pattern.exec(String(value)) : null
  if (match === null) return value
  const [, sign, digits = '', suffix = ''] = match
  const [whole = '', fraction = ''] = digits.split('.')
  const amount = BigInt(`${whole}${fraction}` || '0')
  if (amount === 0n) return '0'
  const minus = sign === '-' ? '-' : ''
  if (binary.indexOf(suffix) > 0) return `${minus}${inBinary(amount, fraction.length, binary.indexOf(suffix))}`
  return `${minus}${inDecimal(amount, exponentOf(suffix) - fraction.length, /^[eE]/.test(suffix))}`
}

/** Bytes of a quantity such as `512Mi`; cores of `500m`. NaN for what is none. */
export function quantityValue(value: unknown): number {
  const match = pattern.exec(String(value))
  if (match === null) return Number.NaN
  const [, sign, digits = '', suffix = ''] = match
  const factor = binary.indexOf(suffix) > 0 ? 1024 ** binary.indexOf(suffix) : 10 ** exponentOf(suffix)
  return Number(digits) * factor * (sign === '-' ? -1 : 1)
}

function exponentOf(suffix: string): number {
  return /^[eE]/.test(suffix) ? Number(suffix.slice(1)) : (decimal.indexOf(suffix) - 3) * 3
}

/** Nothing is finer than a billionth. */
function inDecimal(amount: bigint, exponent: number, scientific: boolean): string {
  let [digits, power] = [amount, exponent]
  while (digits % 10n === 0n) {
    digits /= 10n
    power++
  }
  while (power % 3 !== 0) {
    digits *= 10n
    power--
  }
  if (scientific) return power === 0 ? String(digits) : `${digits}e${power}`
  const index = power / 3 + 3
  if (index < 0) return `1${decimal[0]}`
  const top = decimal.length - 1
  return index > top ? `${digits * 10n ** BigInt((index - top) * 3)}${decimal[top]}` : `${digits}${decimal[index]}`
}

function inBinary(amount: bigint, decimals: number, power: number): string {
  const divisor = 10n ** BigInt(decimals)
  let [value, index] = [amount * 1024n ** BigInt(power), 0]
  if (value % divisor !== 0n) return inDecimal(value, -decimals, false)
  value /= divisor
  while (index < binary.length - 1 && value % 1024n === 0n) {
    value /= 1024n
    index++
  }
  return `${value}${binary[index]}`
}
