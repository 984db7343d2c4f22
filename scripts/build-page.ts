// `npm run page`: puts the page together for the browser, from src/web/page into src/web/built. What it makes
// is kept in the repository, so that a start needs no build (docs/decisions/page.md), and a test holds it
// equal to its source. Only file names and bytes that follow from the source: no hash, no date.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import { build } from 'vite'

const at = (path: string): string => fileURLToPath(new URL(path, import.meta.url))
const folder = process.argv[2] ?? at('../src/web/built')

await build({
  root: at('../src/web/page'),
  configFile: false,
  base: './',
  logLevel: 'warn',
  build: {
    outDir: folder,
    emptyOutDir: true,
    target: 'es2023',
    cssTarget: ['chrome123', 'firefox128', 'safari17.5'],
    // An address that carries its data would be refused by the page's own rules.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    rolldownOptions: {
      output: {
        entryFileNames: '[name].js',
        chunkFileNames: '[name].js',
        assetFileNames: '[name][extname]',
      },
    },
  },
})
for (const name of readdirSync(folder)) {
  const bytes = readFileSync(join(folder, name))
  const small = gzipSync(bytes, { level: 9 }).length
  console.log(`${name.padEnd(12)}${kilo(bytes.length)} kB${kilo(small)} kB compressed`)
}

function kilo(bytes: number): string {
  return (bytes / 1000).toFixed(1).padStart(8)
}
