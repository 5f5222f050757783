/** A field of a message: its name in JSON, and its type: a scalar, or the name of another message. */
export type MessageField =
  | readonly [name: string, type: string]
  /** `inline`: its own fields stand in the place of its parent's. */
  | readonly [name: string, type: string, form: 'list' | 'map' | 'inline']

/** A message by the numbers of its fields. A line of `messages.jsonl`, which `scripts/` generates. */
export interface Message {
  readonly name: string
  readonly fields: Record<string, MessageField>
}
