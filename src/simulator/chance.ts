// Chance that is a function of a seed and words: the same words give the same number whenever they are
// asked, so the order in which the market is looked at never changes what it does.

/** From 0 up to, not including, 1. */
export function draw(seed: number, ...words: readonly (string | number)[]): number {
  return hash(`${seed}:${words.join(':')}`) / 2 ** 32
}

/** That many lower-case hexadecimal digits. */
export function drawHex(length: number, seed: number, ...words: readonly (string | number)[]) {
  let text = ''
  for (let part = 0; text.length < length; part++) {
    text += hash(`${part}:${seed}:${words.join(':')}`)
      .toString(16)
      .padStart(8, '0')
  }
  return text.slice(0, length)
}

/** FNV-1a, then a finaliser, since neighbouring words must not give neighbouring numbers. */
function hash(text: string): number {
  let state = 0x811c9dc5
  for (let at = 0; at < text.length; at++) {
    state = Math.imul(state ^ text.charCodeAt(at), 0x01000193)
  }
  state = Math.imul(state ^ (state >>> 16), 0x85ebca6b)
  state = Math.imul(state ^ (state >>> 13), 0xc2b2ae35)
  return (state ^ (state >>> 16)) >>> 0
}
