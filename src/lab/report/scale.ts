/** From a value to a place in a chart, one decimal at most: the page stays small. */
export type Scale = (value: number) => number

const place = (value: number): number => Math.round(value * 10) / 10

export function linearScale(fromValue: number, toValue: number, fromPlace: number, toPlace: number): Scale {
  const span = toValue - fromValue || 1
  return (value) => place(fromPlace + ((value - fromValue) / span) * (toPlace - fromPlace))
}

/** Values at or below `fromValue` stand at its place. */
export function logScale(fromValue: number, toValue: number, fromPlace: number, toPlace: number): Scale {
  const linear = linearScale(Math.log10(fromValue), Math.log10(toValue), fromPlace, toPlace)
  return (value) => linear(Math.log10(Math.min(toValue, Math.max(fromValue, value))))
}

/** Round values from 0 to `most`, about `count` of them: 1, 2 or 5 times a power of ten apart. */
export function ticks(most: number, count: number): number[] {
  if (!(most > 0)) return [0]
  const rough = most / count
  const power = 10 ** Math.floor(Math.log10(rough))
  const step = ([1, 2, 5, 10].find((factor) => factor * power >= rough) ?? 10) * power
  return Array.from({ length: Math.floor(most / step + 1e-9) + 1 }, (_, index) => Number((index * step).toPrecision(6)))
}

/** The powers of ten from one to the other. */
export function decades(from: number, to: number): number[] {
  const first = Math.ceil(Math.log10(from) - 1e-9)
  const last = Math.floor(Math.log10(to) + 1e-9)
  return Array.from({ length: Math.max(0, last - first + 1) }, (_, index) => 10 ** (first + index))
}
