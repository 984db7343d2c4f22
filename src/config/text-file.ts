// A text file that may be there or not, and who else may read it.
import { readFileSync, statSync } from 'node:fs'
import type { Fault } from './fault.ts'

export type ReadText =
  | { readonly kind: 'text'; readonly text: string; readonly isOpen: boolean }
  | { readonly kind: 'missing' }
  | { readonly kind: 'unreadable'; readonly why: string }

export function readText(file: string): ReadText {
  try {
    const text = readFileSync(file, 'utf8')
    // Windows has no such bits: it shows every file as open to all.
    const isOpen = process.platform !== 'win32' && (statSync(file).mode & 0o077) !== 0
    return { kind: 'text', text, isOpen }
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown'
    return code === 'ENOENT'
      ? { kind: 'missing' }
      : { kind: 'unreadable', why: READ_ERRORS[code] ?? code }
  }
}

const READ_ERRORS: Readonly<Record<string, string>> = {
  EACCES: 'not readable for this user',
  EISDIR: 'a folder',
}

export const fileFault = (source: string, found: string): Fault => ({
  source,
  path: '',
  line: null,
  found,
  allowed: 'a text file that can be read',
  nearest: null,
})
