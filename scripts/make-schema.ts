// Writes the editor's schema of lockstep.yaml, made from the schema that the program checks with.
import { writeFileSync } from 'node:fs'
import { makeEditorSchema } from '../src/config/schema.ts'

const file = new URL('../lockstep.schema.json', import.meta.url)
writeFileSync(file, `${JSON.stringify(makeEditorSchema(), null, 2)}\n`)
