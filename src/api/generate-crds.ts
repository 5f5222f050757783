/** `npm run crds`: writes crds/ from the schema. CI regenerates it and fails on a difference. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { stringify } from 'yaml'
import { customResourceDefinition } from './crd.ts'
import { group, plural } from './group.ts'

const folder = new URL('../../crds/', import.meta.url)
mkdirSync(folder, { recursive: true })
const file = new URL(`${group}_${plural}.yaml`, folder)
const header = '# Generated from src/api by `npm run crds`: edit the schema there.\n'
writeFileSync(file, header + stringify(customResourceDefinition(), { lineWidth: 120, aliasDuplicateObjects: false }))
