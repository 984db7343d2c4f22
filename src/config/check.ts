// A tree as it was written, held against the schema: either every value in its exact form, or everything
// that is wrong with it at once.
import { z } from 'zod'
import {
  formatPath,
  type Path,
  type ReadDocument,
  showValue,
  type Tree,
  valueAt,
} from './document.ts'
import { type Fault, nearestName } from './fault.ts'
import { settingsFile, type Written } from './schema.ts'

export type CheckedDocument =
  | { readonly kind: 'valid'; readonly written: Written }
  | { readonly kind: 'faults'; readonly faults: readonly Fault[] }

/** Checks a whole document, and names everything that is wrong with it. */
export function checkDocument({ tree, lines }: ReadDocument, source: string): CheckedDocument {
  const result = settingsFile.safeParse(fillEmptySections(tree, settingsFile))
  if (result.success) return { kind: 'valid', written: result.data }
  const lineOf = (path: Path): number | null => {
    for (let length = path.length; length > 0; length--) {
      const line = lines.get(formatPath(path.slice(0, length)))
      if (line !== undefined) return line
    }
    return null
  }
  const faults = result.error.issues.flatMap((issue): Fault[] => {
    const path = issue.path as Path
    const fault = (at: Path, found: string, nearest: string | null): Fault => ({
      source,
      path: formatPath(at),
      line: lineOf(at),
      found,
      allowed: issue.message,
      nearest,
    })
    if (issue.code === 'unrecognized_keys')
      return issue.keys.map((name) =>
        fault([...path, name], 'not a key here', nearestName(name, issue.message.split(', '))),
      )
    if (issue.code === 'invalid_key')
      return [
        { ...fault(path, 'not a name for this', null), allowed: issue.issues[0]?.message ?? '' },
      ]
    const params: { nearest?: string | null; found?: string } =
      issue.code === 'custom' ? (issue.params ?? {}) : {}
    return [fault(path, params.found ?? showValue(valueAt(tree, path)), params.nearest ?? null)]
  })
  return { kind: 'faults', faults }
}

// A section whose lines are all commented out reads as null, and means what an absent one means.
function fillEmptySections(tree: Tree, schema: unknown): Tree {
  const inner = schema instanceof z.ZodOptional ? schema.unwrap() : schema
  const isSection = inner instanceof z.ZodObject || inner instanceof z.ZodRecord
  if (!isSection) return tree
  if (tree === null) return {}
  if (typeof tree !== 'object' || Array.isArray(tree)) return tree
  const filled: Record<string, Tree> = Object.create(null)
  for (const [name, value] of Object.entries(tree))
    filled[name] = fillEmptySections(
      value,
      inner instanceof z.ZodRecord
        ? inner.valueType
        : Object.hasOwn(inner.shape, name)
          ? inner.shape[name]
          : null,
    )
  return filled
}
