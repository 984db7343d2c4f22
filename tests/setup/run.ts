// Around the whole test run: every process of it is kept on this machine (loopback-only.cjs), and the run
// fails if one tried to leave, even if that was after its test had ended or inside a process it started.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const guard = fileURLToPath(new URL('./loopback-only.cjs', import.meta.url))

export function setup(): () => void {
  const folder = mkdtempSync(join(tmpdir(), 'lockstep-loopback-'))
  const violations = join(folder, 'violations')
  writeFileSync(violations, '')
  process.env.LOOPBACK_VIOLATIONS = violations
  process.env.NODE_OPTIONS = `${process.env.NODE_OPTIONS ?? ''} --require="${guard}"`.trim()

  return () => {
    const found = readFileSync(violations, 'utf8')
    rmSync(folder, { recursive: true })
    if (found === '') return
    process.exitCode = 1
    console.error(
      `\nFAILED: something tried to leave this machine while the tests ran:\n\n${found}`,
    )
  }
}
