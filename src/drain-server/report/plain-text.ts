/** Control, format (bidirectional marks), separator and unpaired surrogate characters: they can disguise a text. */
const disguises = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]+/gu

/** One line of harmless text with at most so many UTF-16 units, cut with an ellipsis. */
export function plainText(text: string, longest: number): string {
  // A cleaned text is never longer, and cutting first keeps a text of megabytes cheap.
  const plain = text
    .slice(0, longest * 4)
    .replace(disguises, ' ')
    .trim()
  if (plain.length <= longest) return plain
  return `${plain.slice(0, longest - 1).replace(/[\uD800-\uDBFF]$/, '')}…`
}
