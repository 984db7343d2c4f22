import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  accountName,
  attemptId,
  engineId,
  instrumentId,
  intentId,
  MalformedId,
  orderId,
  signalId,
  uniqueOrderId,
} from '../../src/domain/ids.ts'
import { engineOf, isTag, makeTag, parseTag, TAG_CHANCE } from '../../src/domain/tag.ts'

describe('ids', () => {
  test.each<[string, () => unknown]>([
    ['MASTER', () => accountName('MASTER')],
    ['FOLLOWER_1', () => accountName('FOLLOWER_1')],
    ['FOLLOWER_1000', () => accountName('FOLLOWER_1000')],
    ['260511000368479', () => orderId('260511000368479')],
    ['5f0c-1', () => uniqueOrderId('5f0c-1')],
    ['AB2C7', () => engineId('AB2C7')],
    ['NSE:M&M-EQ', () => instrumentId('NSE', 'M&M-EQ')],
    ['12', () => signalId(12)],
  ])('%s is one', (text, make) => {
    expect(String(make())).toBe(text)
  })

  test.each<[string, () => unknown]>([
    ['a follower without a number', () => accountName('FOLLOWER_')],
    ['a follower 0', () => accountName('FOLLOWER_0')],
    ['a leading zero', () => accountName('FOLLOWER_01')],
    ['small letters', () => accountName('master')],
    ['a name with more after it', () => accountName('MASTER\n')],
    ['an empty order id', () => orderId('')],
    ['an order id with a space', () => orderId('12 34')],
    ['an order id on two lines', () => orderId('12\n34')],
    ['an order id of 65 letters', () => orderId('1'.repeat(65))],
    ['an empty lasting name', () => uniqueOrderId('')],
    ['an engine of four letters', () => engineId('ABCD')],
    ['an engine with a 1', () => engineId('ABCD1')],
    ['no exchange', () => instrumentId('', 'SBIN-EQ')],
    ['no symbol', () => instrumentId('NSE', '')],
    ['signal 0', () => signalId(0)],
    ['half an intent', () => intentId(1.5)],
    ['an attempt beyond counting', () => attemptId(2 ** 53)],
  ])('%s is none', (_, make) => {
    expect(make).toThrow(MalformedId)
  })
})

const ENGINE = engineId('AB2C7')
const chances = fc.array(fc.integer({ min: 0, max: 255 }), {
  minLength: TAG_CHANCE,
  maxLength: TAG_CHANCE,
})
const tags = chances.map((chance) => makeTag(ENGINE, chance))

describe('a tag', () => {
  test('fits the field of the broker and carries its engine', () => {
    const tag = makeTag(ENGINE, Array(TAG_CHANCE).fill(7))
    expect(tag).toMatch(/^LSAB2C7[A-Z2-7]{12}$/)
    expect(tag).toHaveLength(19)
    expect(engineOf(tag)).toBe(ENGINE)
  })

  test('wants enough chance', () => {
    expect(() => makeTag(ENGINE, [1, 2, 3])).toThrow(MalformedId)
  })

  test.each([
    '',
    'LS',
    'my strategy',
    'LSAB2C7AAAAAAAAAAAAA',
    'lsab2c7aaaaaaaaaaaa',
    '0123456789012345678',
  ])('%j is none', (text) => {
    expect(isTag(text)).toBe(false)
    expect(() => parseTag(text)).toThrow(MalformedId)
  })

  test('is read back', () => {
    fc.assert(
      fc.property(tags, (tag) => {
        expect(parseTag(tag)).toBe(tag)
      }),
    )
  })

  const LETTERS = [...'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567']

  const seesOneLetter = (check: (text: string) => boolean) =>
    fc.property(
      tags,
      fc.integer({ min: 2, max: 18 }),
      fc.constantFrom(...LETTERS),
      (tag, at, letter) => {
        fc.pre(tag[at] !== letter)
        expect(check(`${tag.slice(0, at)}${letter}${tag.slice(at + 1)}`)).toBe(false)
      },
    )

  const seesASwap = (check: (text: string) => boolean) =>
    fc.property(tags, fc.integer({ min: 2, max: 17 }), (tag, at) => {
      fc.pre(tag[at] !== tag[at + 1])
      const swapped = `${tag.slice(0, at)}${tag[at + 1]}${tag[at]}${tag.slice(at + 2)}`
      expect(check(swapped)).toBe(false)
    })

  test('with one letter changed is none', () => fc.assert(seesOneLetter(isTag), { numRuns: 2000 }))

  test('with two neighbours swapped is none', () => fc.assert(seesASwap(isTag), { numRuns: 2000 }))

  test('control: its form alone shows neither', () => {
    const form = (text: string) => /^LS[A-Z2-7]{17}$/.test(text)
    expect(() => fc.assert(seesOneLetter(form))).toThrow()
    expect(() => fc.assert(seesASwap(form))).toThrow()
  })
})
