/**
 * - serving: no drain has begun
 * - converging: not ready, but everything is accepted and served, while routing lets go
 * - closing: the listener closes, then each connection as it becomes quiet, then the drain hooks run
 * - done: the report is written
 */
export type Phase = 'serving' | 'converging' | 'closing' | 'done'
