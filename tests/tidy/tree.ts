// The project as text: what the tidy checks read. A tree is plain data, so that every check can also be
// run on a small one that is wrong on purpose.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

export interface SourceFile {
  /** From the root, with forward slashes. */
  readonly path: string
  readonly text: string
}
export type Tree = readonly SourceFile[]

// `built` is the page as the browser gets it, made from its source.
const notOurs = new Set(['node_modules', '.git', 'data', 'coverage', '.vscode', '.idea', 'built'])
const isText =
  /(^|\/)(\.[a-z.]+|lockstep|run)$|\.(tsx?|css|js|cjs|mjs|json|jsonc|yaml|yml|md|sh|sql|example)$/

export function readTree(root: string, folder = ''): Tree {
  return readdirSync(join(root, folder), { withFileTypes: true })
    .filter((entry) => !notOurs.has(entry.name))
    .flatMap((entry): Tree => {
      const path = folder === '' ? entry.name : `${folder}/${entry.name}`
      if (entry.isDirectory()) return readTree(root, path)
      if (!entry.isFile() || !isText.test(path)) return []
      if (path === 'package-lock.json' || path.startsWith('logs/') || path === '.env') return []
      return [{ path, text: readFileSync(join(root, path), 'utf8') }]
    })
}

/** A tree written down in a test: `{ 'src/domain/a.ts': 'text' }`. */
export function makeTree(files: Readonly<Record<string, string>>): Tree {
  return Object.entries(files).map(([path, text]) => ({ path, text }))
}

export function isCode({ path }: SourceFile): boolean {
  return /\.(tsx?|js|cjs|mjs)$/.test(path)
}

/** What a file imports, as written. */
export function importsOf({ text }: SourceFile): readonly string[] {
  const pattern =
    /(?:^|\n)\s*(?:import|export)\s(?:[^'";]*?\sfrom\s*)?['"]([^'"]+)['"]|\bimport\(\s*['"]([^'"]+)['"]|\brequire\(\s*['"]([^'"]+)['"]/g
  return [...text.matchAll(pattern)].map((match) => match[1] ?? match[2] ?? match[3] ?? '')
}

/** Where a regular expression may begin: after these, a slash can't be a division. */
const beforeRegex = /(?:^|[(,=:[!&|?{};<>+\-*%~\n]|\breturn|\bcase)\s*$/

/**
 * The code alone: comments, the inside of strings and regular expressions are blanked, the expressions
 * inside templates stay. Good enough for looking words up; no parser.
 */
export function codeOf(text: string): string {
  let code = ''
  let at = 0
  const templates: number[] = [] // brace depth at which each open `${` began
  let depth = 0
  const skipTemplate = (): void => {
    while (at < text.length && text[at] !== '`') {
      if (text.startsWith('${', at)) {
        templates.push(depth)
        depth += 1
        at += 2
        code += ' ('
        return
      }
      at += text[at] === '\\' ? 2 : 1
    }
    at += 1
  }
  while (at < text.length) {
    const char = text[at] as string
    if (text.startsWith('//', at)) {
      at = indexOrEnd(text, '\n', at)
    } else if (text.startsWith('/*', at)) {
      at = indexOrEnd(text, '*/', at) + 2
    } else if (char === "'" || char === '"') {
      at = endOfQuoted(text, at, char)
      code += "''"
    } else if (char === '`') {
      at += 1
      code += "''"
      skipTemplate()
    } else if (char === '/' && beforeRegex.test(code.slice(-40))) {
      at = endOfRegex(text, at)
      code += '/./'
    } else if (char === '}' && templates.at(-1) === depth - 1) {
      templates.pop()
      depth -= 1
      at += 1
      code += ') '
      skipTemplate()
    } else {
      if (char === '{') depth += 1
      if (char === '}') depth -= 1
      code += char
      at += 1
    }
  }
  return code
}

function indexOrEnd(text: string, wanted: string, from: number): number {
  const found = text.indexOf(wanted, from)
  return found === -1 ? text.length : found
}

function endOfQuoted(text: string, from: number, quote: string): number {
  let at = from + 1
  while (at < text.length && text[at] !== quote) at += text[at] === '\\' ? 2 : 1
  return at + 1
}

function endOfRegex(text: string, from: number): number {
  let isInClass = false
  let at = from + 1
  while (at < text.length && (isInClass || text[at] !== '/')) {
    if (text[at] === '[') isInClass = true
    if (text[at] === ']') isInClass = false
    at += text[at] === '\\' ? 2 : 1
  }
  return at + 1
}
