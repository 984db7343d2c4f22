// The page as the browser gets it is kept in the repository: held equal to its source here, and small.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { gzipSync } from 'node:zlib'
import { describe, expect, it, onTestFinished } from 'vitest'

const BUILT = 'src/web/built'
const KILOBYTE = 1000

function filesOf(folder: string): ReadonlyMap<string, string> {
  const names = readdirSync(folder).toSorted()
  return new Map(names.map((name) => [name, readFileSync(join(folder, name), 'utf8')]))
}

const compressed = (name: string): number =>
  gzipSync(readFileSync(join(BUILT, name)), { level: 9 }).length

describe('the built page', () => {
  it('is what its source gives; otherwise: npm run page', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'lockstep-page-'))
    onTestFinished(() => rmSync(folder, { recursive: true }))
    // A test runner calls its own surroundings a test, and a bundler listens to that.
    const env = { ...process.env, NODE_ENV: 'production' }
    const build = spawn(process.execPath, [resolve('scripts/build-page.ts'), folder], { env })
    const [code] = await once(build, 'close')
    expect(code).toBe(0)
    const fresh = filesOf(folder)
    const kept = filesOf(BUILT)
    expect([...kept.keys()]).toEqual([...fresh.keys()])
    for (const [name, text] of fresh) expect(kept.get(name) === text, name).toBe(true)
  })

  it('loads little, and the charts only when they are opened', () => {
    expect(compressed('index.js') + compressed('index.css')).toBeLessThan(48 * KILOBYTE)
    expect(compressed('charts.js')).toBeLessThan(32 * KILOBYTE)
    const start = readFileSync(join(BUILT, 'index.html'), 'utf8')
    expect(start).not.toContain('charts.js')
  })

  it('has nothing that its own rules forbid, and names no other host', () => {
    const start = readFileSync(join(BUILT, 'index.html'), 'utf8')
    expect(start).not.toMatch(/ on\w+=| style=|<style|<script(?![^>]* src=)|javascript:/)
    expect('<b style="x">').toMatch(/ style=/)
    const hosts = [...filesOf(BUILT).values()].flatMap((text) =>
      [...text.matchAll(/https?:\/\/[a-z0-9.-]+/gi)].map(([host]) => host),
    )
    expect(new Set(hosts)).toEqual(new Set(NAMESPACES))
  })
})

/** Names of languages, which nobody asks for anything. */
const NAMESPACES = ['http://www.w3.org']
