import { appendFileSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import {
  JournalDamaged,
  JournalUnwritable,
  openJournal,
} from '../../../src/broker/paper/journal.ts'

const readWord = (line: string): string | null => (/^[a-zé]+$/.test(line) ? line : null)

function newPath(): string {
  const folder = mkdtempSync(join(tmpdir(), 'lockstep-journal-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return join(folder, 'paper', 'book.jsonl')
}

function reopen(path: string): readonly string[] {
  const { journal, entries } = openJournal(path, readWord)
  journal.close()
  return entries
}

it('gives back what was added, in its order', () => {
  const path = newPath()
  const { journal, entries } = openJournal(path, readWord)
  expect(entries).toEqual([])
  journal.append(['one', 'two'])
  journal.append(['three'])
  journal.close()
  expect(reopen(path)).toEqual(['one', 'two', 'three'])
})

it('is for its owner alone', () => {
  const path = newPath()
  openJournal(path, readWord).journal.close()
  expect(statSync(path).mode & 0o777).toBe(0o600)
  expect(statSync(dirname(path)).mode & 0o777).toBe(0o700)
})

it('takes a torn last line off, wherever it was torn, and goes on behind what is whole', () => {
  const whole = Buffer.from('one\ntwo\nthréé\n')
  for (let length = 0; length <= whole.length; length++) {
    const path = newPath()
    openJournal(path, readWord).journal.close()
    writeFileSync(path, whole.subarray(0, length))
    const kept = whole.toString('utf8', 0, length).split('\n').slice(0, -1)
    const { journal, entries } = openJournal(path, readWord)
    expect(entries).toEqual(kept)
    journal.append(['next'])
    journal.close()
    expect(reopen(path)).toEqual([...kept, 'next'])
  }
})

it('takes a last line of rubbish off, as a machine without power leaves it', () => {
  const path = newPath()
  openJournal(path, readWord).journal.close()
  appendFileSync(path, 'one\n\0\0\0\0\n')
  expect(reopen(path)).toEqual(['one'])
  expect(readFileSync(path, 'utf8')).toBe('one\n')
})

it('refuses damage in the middle, and says where', () => {
  const path = newPath()
  openJournal(path, readWord).journal.close()
  appendFileSync(path, 'one\n2\nthree\n')
  expect(() => openJournal(path, readWord)).toThrow(JournalDamaged)
  expect(() => openJournal(path, readWord)).toThrow(/line 2/)
  expect(readFileSync(path, 'utf8')).toBe('one\n2\nthree\n')
})

it('replaces all of it at once, and adds to what it replaced', () => {
  const path = newPath()
  const { journal } = openJournal(path, readWord)
  journal.append(['one', 'two'])
  journal.replace(['new'])
  journal.append(['more'])
  journal.close()
  expect(reopen(path)).toEqual(['new', 'more'])
  expect(statSync(path).mode & 0o777).toBe(0o600)
})

it('writes nothing any more once it is closed, though the number of its file is given away', () => {
  const path = newPath()
  const { journal } = openJournal(path, readWord)
  journal.append(['one'])
  journal.close()
  journal.close()
  const other = newPath()
  const { journal: stranger } = openJournal(other, readWord)
  expect(() => journal.append(['late'])).toThrow(JournalUnwritable)
  expect(() => journal.replace(['late'])).toThrow(JournalUnwritable)
  stranger.close()
  expect([reopen(path), reopen(other)]).toEqual([['one'], []])
})
