import type { LoadSpec } from '../load-spec.ts'
import type { ConversationShape } from './conversation.ts'

/** How often a stream says something when its spec does not say. */
const DEFAULT_EVERY_MS = 1000

export const conversationShape = ({ workMs, streamSeconds }: LoadSpec): ConversationShape => ({
  everyMs: workMs === 0 ? DEFAULT_EVERY_MS : workMs,
  lifeMs: streamSeconds * 1000,
})
