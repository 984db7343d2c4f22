// A text that nobody may see: a PIN, a key, a token. However it is printed (as text, JSON, an inspected
// object, a spread or cloned copy, part of an error) it shows as `***`; the text itself is in a private
// field, which no printer of the runtime reads. Only `reveal` gives it, and only at the wire. One that
// stands encrypted somewhere is given as the way to it, and is decrypted for each use anew.

export const HIDDEN = '***'

export class Secret {
  readonly #text: string | (() => string)
  /** What copies and plain inspection find: the only field that is not private. */
  readonly shown = HIDDEN

  constructor(text: string | (() => string)) {
    this.#text = text
    Object.freeze(this)
  }

  reveal(): string {
    return typeof this.#text === 'string' ? this.#text : this.#text()
  }

  toString(): string {
    return HIDDEN
  }

  toJSON(): string {
    return HIDDEN
  }

  [Symbol.toPrimitive](): string {
    return HIDDEN
  }

  // The name under which Node looks for it; the domain imports nothing of Node.
  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return HIDDEN
  }
}
