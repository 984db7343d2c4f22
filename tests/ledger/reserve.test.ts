// The room that is set aside is as large as it says, or it is not there: a disk that is just full takes a part
// of a block and says so by the count alone. Under a real limit of file sizes, which cuts just so.
import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, onTestFinished, test } from 'vitest'

const run = promisify(execFile)
const RESERVE = join(import.meta.dirname, '../../src/ledger/reserve.ts')

/** Asks for a reserve of that size where no file may have more than 96 KiB; gives its state and its size. */
async function keptOf(bytes: number): Promise<{ state: string; size: number }> {
  const folder = mkdtempSync(join(tmpdir(), 'lockstep-reserve-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  const path = join(folder, 'reserve')
  const script = `
    const { createReserve } = await import(${JSON.stringify(RESERVE)})
    const { existsSync, statSync } = await import('node:fs')
    const path = ${JSON.stringify(path)}
    const reserve = createReserve(path, ${bytes})
    reserve.keep()
    const size = existsSync(path) ? statSync(path).size : 0
    console.log(JSON.stringify({ state: reserve.state(), size }))`
  // In bash, of 1024 bytes each.
  const shell = 'ulimit -f 96 && exec "$1" --input-type=module -e "$2"'
  const { stdout } = await run('bash', ['-c', shell, 'bash', process.execPath, script])
  return JSON.parse(stdout)
}

test('what does not fit whole is not kept', async () => {
  // The second block of 64 KiB is cut, and it is the last: nothing after it would have failed.
  expect(await keptOf(100_000)).toEqual({ state: 'released', size: 0 })
})

test('control: what fits is', async () => {
  expect(await keptOf(98_000)).toEqual({ state: 'held', size: 98_000 })
})
