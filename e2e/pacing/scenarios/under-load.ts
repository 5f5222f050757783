import { lateFault } from './late-fault.ts'

/** Eight requests a second for each pod, which it serves; and then some thirty, of which it fails a part. */
export const underLoad = lateFault({
  name: 'under-load',
  title: 'A version that fails under load only',
  rate: 48,
  more: { rate: 152, afterSeconds: 15 },
  version: { VERSION: '2', ERROR_RATE: '0.3', ERROR_ABOVE: '20' },
  harmedAtMost: 60,
})
