/** `npm run images -- [folder]`: writes the images of the lab as archives that `docker load` takes, to be pushed. */
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { writeImageArchive } from './cluster/image.ts'
import { artifactPath } from './artifact.ts'
import { imageNames, programImage } from './images.ts'
import type { ProgramName } from '../scripts/build.ts'

const folder = process.argv[2] ?? artifactPath('images')
mkdirSync(folder, { recursive: true })
for (const program of Object.keys(imageNames) as ProgramName[]) {
  const path = join(folder, `${program}.tar`)
  await writeImageArchive(await programImage(program), path)
  console.log(`${imageNames[program]}\t${path}`)
}
