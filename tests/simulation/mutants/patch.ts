// Changes sources as they are loaded, in this process only: nothing on disk is touched. A patch whose old text
// isn't in its file exactly once is out of date, and that fails loudly: a mutant that changes nothing proves
// nothing.
import { readFileSync } from 'node:fs'
import { registerHooks } from 'node:module'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'

export interface Patch {
  /** From the root of the project. */
  readonly file: string
  readonly old: string
  readonly new: string
}

export const ROOT = join(import.meta.dirname, '../../..')

/** The source with all patches of that file; throws when one doesn't fit. */
export function patched(source: string, patches: readonly Patch[]): string {
  return patches.reduce((text, patch) => {
    const times = text.split(patch.old).length - 1
    if (times !== 1)
      throw new Error(`${patch.file} has this ${times} times, not once: ${patch.old}`)
    return text.replace(patch.old, () => patch.new)
  }, source)
}

/** From now on these files load as patched. Says how often one did, so that a patch can't be passed by. */
export function loadPatched(patches: readonly Patch[]): { loaded(): readonly string[] } {
  const byUrl = Map.groupBy(patches, ({ file }) => pathToFileURL(join(ROOT, file)).href)
  const loaded: string[] = []
  registerHooks({
    load(url, context, nextLoad) {
      const own = byUrl.get(url)
      if (own === undefined) return nextLoad(url, context)
      loaded.push(...own.map(({ file }) => file))
      const source = patched(readFileSync(new URL(url), 'utf8'), own)
      return { format: 'module-typescript', source, shortCircuit: true }
    },
  })
  return { loaded: () => loaded }
}
