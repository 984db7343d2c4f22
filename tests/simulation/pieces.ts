// Ten thousand days in pieces: what a run came to is kept in a file, with the seeds that it lived and the
// commit that it ran on. The same run goes on from it where it stopped; several of them are added up. A seed
// counts once, and a piece is of one commit: what was mended in between has to be lived by days of its own.
import { readFileSync, renameSync, writeFileSync } from 'node:fs'
import { addTally, emptyTally, type Tally } from './tally.ts'

export interface Piece {
  /** What it ran on; with a `+` behind it there was more than was committed. */
  readonly commit: string
  /** Of real time, in all its runs. */
  seconds: number
  readonly lived: number[]
  readonly tally: Tally
}

export const emptyPiece = (commit: string): Piece => ({
  commit,
  seconds: 0,
  lived: [],
  tally: emptyTally(),
})

/** Whole or not at all: it is written while days are lived, and the machine may end in the middle of it. */
export function keepPiece(file: string, piece: Piece): void {
  writeFileSync(`${file}.unfinished`, `${JSON.stringify(piece)}\n`)
  renameSync(`${file}.unfinished`, file)
}

/** Throws a PieceUnusable for what is no piece. */
export function readPiece(file: string): Piece {
  let read: Partial<Piece>
  try {
    read = JSON.parse(readFileSync(file, 'utf8')) as Partial<Piece>
  } catch (error) {
    throw new PieceUnusable(`${file} can't be read`, { cause: error })
  }
  const { commit, seconds, lived, tally } = read
  if (typeof commit !== 'string' || typeof seconds !== 'number' || !Array.isArray(lived) || !tally)
    throw new PieceUnusable(`${file} is not what --out writes`)
  return { commit, seconds, lived, tally: { ...emptyTally(), ...tally } }
}

export class PieceUnusable extends Error {}

/** Throws a PieceUnusable when a seed is in two of them. */
export function joinPieces(pieces: readonly Piece[]): Tally {
  const all = emptyTally()
  const lived = new Set<number>()
  for (const piece of pieces) {
    const twice = piece.lived.find((seed) => lived.has(seed))
    if (twice !== undefined) throw new PieceUnusable(`seed ${twice} is in two of the files`)
    for (const seed of piece.lived) lived.add(seed)
    addTally(all, piece.tally)
  }
  return all
}

export const describePiece = ({ commit, seconds, lived }: Piece): string =>
  `seeds ${rangesOf(lived)} on ${commit} in ${Math.round(seconds)} s`

/** `1 to 40, 42, 50 to 60`. */
export function rangesOf(seeds: readonly number[]): string {
  const ranges: { readonly from: number; to: number }[] = []
  for (const seed of seeds.toSorted((a, b) => a - b)) {
    const last = ranges.at(-1)
    if (last?.to === seed - 1) last.to = seed
    else ranges.push({ from: seed, to: seed })
  }
  return ranges.map(({ from, to }) => (from === to ? `${from}` : `${from} to ${to}`)).join(', ')
}
