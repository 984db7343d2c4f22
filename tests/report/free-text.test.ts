// What others wrote is made fit for a terminal and a log.
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { cleanText } from '../../src/report/free-text.ts'

test.each([
  ['RMS:Margin Exceeds, Available: 1,250.00', 'RMS:Margin Exceeds, Available: 1,250.00'],
  ['two\nlines\r\nand a\ttab', 'two lines and a tab'],
  ['a\u001b[2Jb', 'a [2Jb'],
  ['right\u202eot left', 'right ot left'],
  [
    'Authorization: Bearer abcdefghijklmnop1234 was refused',
    'Authorization: Bearer *** was refused',
  ],
  ['jwt=eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln', 'jwt=***'],
  ['token expired at noon', 'token expired at noon'],
  ['order LSABCDE234567ABCDEF seen', 'order LSABCDE234567ABCDEF seen'],
])('%j is told as %j', (text, told) => {
  expect(cleanText(text)).toBe(told)
})

const isOneShortLine = (clean: typeof cleanText) =>
  fc.property(fc.string({ unit: 'binary', maxLength: 900 }), (text) => {
    const told = clean(text)
    // biome-ignore lint/suspicious/noControlCharactersInRegex: none may be left
    return told.length <= 300 && !/[\u0000-\u001f\u007f-\u009f]/.test(told)
  })

test('whatever it is, what is told is one short line that steers no terminal', () => {
  fc.assert(isOneShortLine(cleanText))
})

test('control: a text that is only cut steers one', () => {
  const cut = (text: string) => text.slice(0, 300)
  expect(fc.check(isOneShortLine(cut), { numRuns: 1000 }).failed).toBe(true)
})
