// Lets a mutant live in a process of its own and hears what was broken, a line for each day.
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import type { Lived, Wanted } from './live.ts'

const PROGRAM = join(import.meta.dirname, 'live.ts')

export async function hunt(wanted: Wanted): Promise<readonly Lived[]> {
  const child = spawn(
    process.execPath,
    ['--disable-warning=ExperimentalWarning', PROGRAM, JSON.stringify(wanted)],
    { stdio: ['ignore', 'pipe', 'pipe'] },
  )
  let output = ''
  let errors = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text
  })
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    errors += text
  })
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', resolve)
  })
  if (code !== 0) throw new Error(`it ended with ${code}: ${errors.slice(-2000)}`)
  return output
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Lived)
}
