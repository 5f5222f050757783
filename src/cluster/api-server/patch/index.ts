/** The three kinds of patches that name no owner: JSON patch, merge patch, strategic merge patch. */
export { jsonPatch } from './json-patch.ts'
export { mergePatch } from './merge-patch.ts'
export { PatchRefused } from './patch-refused.ts'
export { strategicMergePatch } from './strategic-merge-patch.ts'
