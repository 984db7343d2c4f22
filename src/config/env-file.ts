// Edits the text of `.env` and nothing else of it: comments, order and every line that is not meant stay
// as they are. What is written is read back the way the program reads it; a value that would not come back
// as it went in is refused. No value is ever shown.
import { readAccounts } from './accounts.ts'
import { readEnvironment, type Variables } from './environment.ts'
import { describeFault } from './fault.ts'
import { ACCOUNT_KEYS, type AccountKey, readFollowerVariable, variableName } from './names.ts'

export interface AccountLines {
  /** `MASTER` or `FOLLOWER_n`. */
  readonly account: string
  readonly values: ReadonlyMap<AccountKey, string>
}

export type EditedEnv =
  | { readonly kind: 'edited'; readonly text: string; readonly warnings: readonly string[] }
  /** What is wrong, a line each; nothing of a secret. */
  | { readonly kind: 'refused'; readonly why: readonly string[] }

/** Sets every value of an account: in its place where the name stands already, else at the end. */
export function setAccount(text: string, { account, values }: AccountLines): EditedEnv {
  const eol = /\r\n/.test(text) ? '\r\n' : '\n'
  const lines = linesOf(text)
  const missing: string[] = []
  for (const [key, value] of values) {
    const name = variableName(account, key)
    const line = writeLine(name, value)
    if (line === null) {
      const why = `${name} holds all three kinds of quotes, which .env can't keep`
      return { kind: 'refused', why: [why] }
    }
    const at = lines.findIndex((each) => nameIn(each) === name)
    if (at === -1) missing.push(line)
    else lines[at] = line
  }
  if (missing.length > 0) {
    if (lines.length > 0 && lines.at(-1) !== '') lines.push('')
    lines.push(`# ${account}`, ...missing)
  }
  const edited = lines.map((line) => `${line}${eol}`).join('')
  return judge(edited, account)
}

/** Takes every line of an account away, and the heading that `setAccount` gave it. */
export function dropAccount(text: string, account: string): string {
  const eol = /\r\n/.test(text) ? '\r\n' : '\n'
  return linesOf(text)
    .filter((line) => !isOf(account, nameIn(line)) && line !== `# ${account}`)
    .map((line) => `${line}${eol}`)
    .join('')
}

/** Whether anything of an account is set by this file, and by the environment, which would win over it. */
export function whereSet(account: string, envText: string, env: Variables) {
  const isSet = (name: string) => isOf(account, name)
  return {
    inFile: linesOf(envText).some((line) => isSet(nameIn(line) ?? '') && !/[=:]\s*$/.test(line)),
    inEnvironment: Object.entries(env).some(([name, value]) => isSet(name) && !!value?.trim()),
  }
}

function linesOf(text: string): string[] {
  const lines = text.split(/\r\n|\n|\r/)
  if (lines.at(-1) === '') lines.pop()
  return lines
}

const nameIn = (line: string): string | null =>
  /^\uFEFF?\s*(?:export\s+)?([\w.-]+)\s*[=:]/.exec(line)?.[1] ?? null

function isOf(account: string, name: string | null): boolean {
  if (name === null) return false
  const own = readFollowerVariable(name)
  return own === null
    ? account === 'MASTER' && ACCOUNT_KEYS.some((key) => key === name)
    : account === `FOLLOWER_${own.number}`
}

function writeLine(name: string, value: string): string | null {
  if (/^[\w.:/@+=-]+$/.test(value)) return `${name}=${value}`
  // Inside double quotes a backslash would mean something; inside the others nothing does.
  const quote = ["'", '`', '"'].find(
    (each) => !value.includes(each) && (each !== '"' || !value.includes('\\')),
  )
  return quote === undefined ? null : `${name}=${quote}${value}${quote}`
}

function judge(text: string, account: string): EditedEnv {
  // Of the file alone: what the environment adds is not what was written.
  const environment = readEnvironment({}, text)
  const read = readAccounts(environment)
  const faults = [...environment.faults, ...read.faults].filter(
    ({ path }) => path === '' || isOf(account, path),
  )
  if (faults.length > 0) return { kind: 'refused', why: faults.map(describeFault) }
  return {
    kind: 'edited',
    text,
    warnings: read.warnings.filter((each) => isOf(account, each.split(' ', 1)[0] ?? '')),
  }
}
