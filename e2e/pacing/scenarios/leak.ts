import { lateFault } from './late-fault.ts'

/**
 * Above what a pod needs it has some 90 MiB: it is killed after some ten to fifteen seconds, again and again. That is as long
 * as a paced rollout of six pods takes whose verdicts come at once, so its owner says how long a step has to be watched.
 */
export const leak = lateFault({
  name: 'leak',
  title: 'A version that leaks until it is killed',
  scene: { memoryLimit: '160Mi' },
  rate: 80,
  version: { VERSION: '2', LEAK_MIB_PER_SECOND: '10' },
  minHold: '15s',
  harmedAtMost: 80,
  heldByMinReadySeconds: true,
})
