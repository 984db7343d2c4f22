// `npm run fix`: formats, sorts imports, and applies the linter's safe mends.
import { spawnSync } from 'node:child_process'
import { locateProgram } from './programs.ts'

const program = [locateProgram('@biomejs/biome', 'biome'), 'check', '--write', '.']
process.exitCode =
  spawnSync(process.execPath, [...program, ...process.argv.slice(2)], { stdio: 'inherit' })
    .status ?? 1
