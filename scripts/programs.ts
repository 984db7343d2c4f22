// Where an installed development program is, so that it runs on the Node that runs us (a shell's PATH, or
// a .bin file run directly, would find whatever Node the machine has).
import { createRequire, findPackageJSON } from 'node:module'
import { dirname, join } from 'node:path'

const require = createRequire(import.meta.url)

export function locateProgram(packageName: string, program: string): string {
  const manifest = findPackageJSON(packageName, import.meta.url)
  if (manifest === undefined) throw new Error(`${packageName} is not installed`)
  const { bin } = require(manifest) as { bin: string | Record<string, string> }
  const place = typeof bin === 'string' ? bin : bin[program]
  if (place === undefined) throw new Error(`${packageName} has no program ${program}`)
  return join(dirname(manifest), place)
}
