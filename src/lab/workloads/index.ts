/**
 * The services under test: one program (`main.ts`), whose environment says what it speaks and how it ends. It bundles
 * into one file and needs only Node. Who deploys it takes its containers from `container.ts`.
 */
export { workloadContainer, workloadPort } from './container.ts'
