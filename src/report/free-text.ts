// Words that others wrote (a broker's reason, a line of evidence) on their way to a screen or a file. They
// may hold anything: control characters that would steer a terminal, whole pages, and in the worst case a
// token that an error quoted. Nothing of others is printed without passing here.

const MOST = 300

// What a session token looks like (three parts of base64url), what stands behind the words that name one.
const TOKENS =
  /\beyJ[\w-]{6,}(?:\.[\w-]+){0,2}|\b(bearer|authorization:?|token|jwt)(["':=\s]+)[\w.~+/-]{16,}=*/gi
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const CONTROLS = /[\u0000-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069]+/g

export function cleanText(text: string): string {
  const spoken = text
    .slice(0, 4 * MOST)
    .replaceAll(CONTROLS, ' ')
    .replaceAll(TOKENS, (_, name: string | undefined, between: string | undefined) =>
      name === undefined ? '***' : `${name}${between}***`,
    )
    .trim()
  return spoken.length > MOST ? `${spoken.slice(0, MOST - 1)}…` : spoken
}
