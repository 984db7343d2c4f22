// YAML text to a plain tree in which every value is still as the trader wrote it: a number keeps its
// text, so that 0.1 never passes through a binary float, and every path knows its line. Whatever could
// mean two things is refused here: repeated keys, aliases, tags, YAML 1.1, an outsized file.
// Knows nothing of the keys of Lockstep; that is `schema.ts`.
import {
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type ParsedNode,
  parseDocument,
} from 'yaml'
import type { Fault } from './fault.ts'

/** A number as it was written. */
export class Numeral {
  readonly source: string
  constructor(source: string) {
    this.source = source
  }
}

export type Tree = string | boolean | null | Numeral | readonly Tree[] | Section
export interface Section {
  readonly [key: string]: Tree
}
export type Path = readonly (string | number)[]

export interface ReadDocument {
  readonly tree: Tree
  readonly lines: ReadonlyMap<string, number>
  readonly faults: readonly Fault[]
}

/** A settings file of some hundred accounts has 50 kB. */
const LARGEST_FILE = 256 * 1024
/** The deepest key is four levels down. */
const DEEPEST = 12
/** Of YAML itself: after the first few the parser mostly stumbles over its own guesses. */
const MOST_PROBLEMS = 5

export function readDocument(text: string, source: string): ReadDocument {
  const fault = (path: Path, line: number | null, found: string, allowed: string): Fault => ({
    source,
    path: formatPath(path),
    line,
    found,
    allowed,
    nearest: null,
  })
  const unreadable = (...faults: Fault[]): ReadDocument => ({ tree: {}, lines: new Map(), faults })

  if (text.length > LARGEST_FILE)
    return unreadable(fault([], null, `${text.length} characters long`, `at most ${LARGEST_FILE}`))
  const counter = new LineCounter()
  const document = parse(text, counter)
  const isTooDeep = document.errors.some(({ code }) => code === 'RESOURCE_EXHAUSTION')
  if (isTooDeep)
    return unreadable(fault([], null, 'nested too deep to read', `at most ${DEEPEST} levels`))
  const problems = [...document.errors, ...document.warnings]
    .slice(0, MOST_PROBLEMS)
    .map((problem) =>
      fault(
        [],
        counter.linePos(problem.pos[0]).line,
        `no readable YAML: ${problem.message.split('\n')[0]}`,
        'YAML 1.2',
      ),
    )
  if (problems.length > 0) return unreadable(...problems)
  const { version, explicit } = document.directives.yaml
  if (explicit && version !== '1.2')
    return unreadable(fault([], 1, `YAML ${version}`, 'YAML 1.2, where "off" is a word'))

  const faults: Fault[] = []
  const lines = new Map<string, number>()
  const lineOf = (node: ParsedNode | null): number | null =>
    node ? counter.linePos(node.range[0]).line : null

  const read = (node: ParsedNode | null, path: Path): Tree => {
    const line = lineOf(node)
    const refuse = (found: string, allowed: string): null => {
      faults.push(fault(path, line, found, allowed))
      return null
    }
    if (path.length > DEEPEST) return refuse('nested too deep', `at most ${DEEPEST} levels`)
    if (node === null) return null
    if (isAlias(node)) return refuse('an alias (*)', 'the value written out in full')
    if (node.tag !== undefined) return refuse(`tagged ${node.tag}`, 'a value without a tag (!)')
    if (isScalar(node)) return readScalar(node.value, node.source ?? '')
    if (isSeq(node))
      return node.items.map((item, index) => {
        const at = [...path, index]
        lines.set(formatPath(at), lineOf(item as ParsedNode) ?? line ?? 1)
        return read(item as ParsedNode, at)
      })
    if (!isMap(node)) return refuse('of no known kind', 'a value, a list or a section')

    // No prototype: a key may have any name.
    const section: Record<string, Tree> = Object.create(null)
    for (const { key, value } of node.items) {
      const keyLine = lineOf(key) ?? line
      const name = isScalar(key) && key.tag === undefined ? (key.source ?? String(key.value)) : null
      if (name === null || name === '__proto__') {
        faults.push(fault(path, keyLine, 'a section with a key that is no word', 'words as keys'))
        continue
      }
      const at = [...path, name]
      const first = lines.get(formatPath(at))
      if (Object.hasOwn(section, name)) {
        faults.push(fault(at, keyLine, `written again (first in line ${first})`, 'each key once'))
        continue
      }
      if (keyLine !== null) lines.set(formatPath(at), keyLine)
      section[name] = read(value, at)
    }
    return section
  }

  return { tree: read(document.contents, []), lines, faults }
}

/** `rules.sides[1]` */
export function formatPath(path: Path): string {
  let text = ''
  for (const step of path)
    text += typeof step === 'number' ? `[${step}]` : text === '' ? step : `.${step}`
  return text
}

/** What stands at a path, for showing it in a fault; undefined when there is nothing. */
export function valueAt(tree: Tree | undefined, path: Path): Tree | undefined {
  let value: unknown = tree
  for (const step of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, step)) return undefined
    value = Reflect.get(value, step)
  }
  return value as Tree | undefined
}

const LONGEST_SHOWN = 60

export function showValue(value: Tree | undefined): string {
  if (value === undefined) return 'missing'
  if (value === null) return 'empty'
  if (value instanceof Numeral) return shorten(value.source)
  if (typeof value === 'string') return `"${shorten(value)}"`
  if (typeof value === 'boolean') return String(value)
  return Array.isArray(value) ? 'a list' : 'a section'
}

export const shorten = (text: string): string =>
  text.length > LONGEST_SHOWN ? `${text.slice(0, LONGEST_SHOWN)}…` : text

const parse = (text: string, lineCounter: LineCounter): Document.Parsed =>
  parseDocument(text, {
    version: '1.2',
    schema: 'core',
    strict: true,
    prettyErrors: false,
    // Below this level a second document in the file would be dropped without an error.
    logLevel: 'error',
    // Repeated keys are found by `read`, which can say where the first one is.
    uniqueKeys: false,
    lineCounter,
  })

function readScalar(value: unknown, source: string): Tree {
  if (typeof value === 'number' || typeof value === 'bigint') return new Numeral(source)
  if (typeof value === 'string' || typeof value === 'boolean') return value
  return null
}
