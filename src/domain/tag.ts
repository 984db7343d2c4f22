// The tag is the only name we can give an order before the broker names it: by it, an order whose
// reply was lost is found again. `LS`, the engine's five letters, eleven random ones, one check letter.
// Random rather than counted: a ledger restored from a backup would count the same numbers twice.
import { type EngineId, MalformedId } from './ids.ts'

declare const brand: unique symbol
export type Tag = string & { readonly [brand]: 'Tag' }

const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'
const RANDOM_LENGTH = 11
const TAG = /^LS[A-Z2-7]{17}$/

/** How many letters of chance `makeTag` wants, each 0 to 31. */
export const TAG_CHANCE = RANDOM_LENGTH

export function makeTag(engine: EngineId, chance: readonly number[]): Tag {
  const random = chance.slice(0, RANDOM_LENGTH).map((number) => LETTERS[number & 31])
  if (random.length < RANDOM_LENGTH)
    throw new MalformedId('tag', random.join(''), `${RANDOM_LENGTH} numbers of chance`)
  const body = `LS${engine}${random.join('')}`
  return `${body}${checkLetter(body)}` as Tag
}

export function parseTag(text: string): Tag {
  if (!isTag(text))
    throw new MalformedId('tag', text, 'LS, seventeen of A-Z and 2-7, the last a check')
  return text
}

/** Whether an order was placed by a Lockstep, this one or another. */
export const isTag = (text: string): text is Tag =>
  TAG.test(text) && checkLetter(text.slice(0, -1)) === text.slice(-1)

export const engineOf = (tag: Tag): EngineId => tag.slice(2, 7) as EngineId

// The 32 letters as the numbers of a field, each place doubled once more: then any single letter that
// changed and any two neighbours that changed places show. A weighted sum would miss some of both.
function checkLetter(body: string): string {
  let check = 0
  for (const letter of body) check = doubled(check) ^ LETTERS.indexOf(letter)
  return LETTERS[doubled(check)] as string
}

const doubled = (number: number): number => (number << 1) ^ (number & 16 ? 0b100101 : 0)
