/**
 * A rehearsal while it runs. Events are folded into a state (`state.ts`), a state is drawn as a frame of lines
 * (`frame.ts`), and a view redraws frames in place on a terminal, or writes one line per happening elsewhere.
 */
export { frame, type FrameSize } from './frame.ts'
export { LiveView, type LiveStream } from './live-view.ts'
export { emptyState, type LiveState, next } from './state.ts'
