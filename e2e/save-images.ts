/** `npm run images -- [folder]`: writes the images of the lab as archives that `docker load` takes, to be pushed. */
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { writeImageArchive } from './cluster/image.ts'
import { artifactPath } from './artifact.ts'
import { type ImageName, imageNames, programImage } from './images.ts'

const folder = process.argv[2] ?? artifactPath('images')
mkdirSync(folder, { recursive: true })
for (const name of Object.keys(imageNames) as ImageName[]) {
  const path = join(folder, `${name}.tar`)
  await writeImageArchive(await programImage(name), path)
  console.log(`${imageNames[name]}\t${path}`)
}
