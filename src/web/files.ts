// The files of the page, read once: what is not among them does not exist, whatever a path says. Nothing is
// ever looked up on the disk by what a browser asks for.
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { extname, join } from 'node:path'

export interface PageFile {
  readonly bytes: Uint8Array<ArrayBuffer>
  readonly type: string
}

/** By the path that a browser asks for: `/index.js`. */
export type PageFiles = ReadonlyMap<string, PageFile>

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.ico': 'image/x-icon',
  '.woff2': 'font/woff2',
}

/** Empty where the folder is missing. */
export function readPageFiles(folder: string): PageFiles {
  const files = new Map<string, PageFile>()
  if (!existsSync(folder)) return files
  for (const name of readdirSync(folder)) {
    const type = TYPES[extname(name)]
    if (type === undefined) continue
    files.set(`/${name}`, { bytes: new Uint8Array(readFileSync(join(folder, name))), type })
  }
  const start = files.get('/index.html')
  if (start !== undefined) files.set('/', start)
  return files
}
