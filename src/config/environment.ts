// The environment: the variables of the process and those of `.env`, of which the process's own win.
// This is the only room that reads `process.env`. A line of `.env` that could not be meant as written
// (a second value, a value that a # cuts in two, no name) is a fault, because the usual readers of
// such files drop it without a word. No value of a variable is ever shown: most of them are secrets.
import { parse } from 'dotenv'
import type { Fault } from './fault.ts'
import { isVariableName } from './names.ts'

export type Variables = Readonly<Record<string, string | undefined>>

export interface Variable {
  readonly name: string
  readonly value: string
  readonly source: '.env' | 'environment'
  readonly line: number | null
}

/** The one place that touches the process; everything else takes what this returns. */
// biome-ignore lint/style/noProcessEnv: this is the centralized place that the rule asks for
export const readProcessEnvironment = (): Variables => ({ ...process.env })

export interface ReadEnvironment {
  /** By name. A variable without a value is not set, so it is not here. */
  readonly variables: ReadonlyMap<string, Variable>
  readonly faults: readonly Fault[]
  readonly warnings: readonly string[]
}

export function readEnvironment(env: Variables, envFile: string | null): ReadEnvironment {
  const { lines, faults } = readEnvFile(envFile ?? '')
  const variables = new Map(lines.map((variable) => [variable.name, variable]))
  const warnings: string[] = []
  for (const [name, given] of Object.entries(env)) {
    const value = given?.trim() ?? ''
    if (value === '') continue
    const written = variables.get(name)
    if (written && written.value !== value)
      warnings.push(
        `${name} is set in the environment and, differently, in .env (line ${written.line}): the environment's is used`,
      )
    variables.set(name, { name, value, source: 'environment', line: null })
  }
  return { variables, faults, warnings }
}

const LARGEST_FILE = 256 * 1024

function readEnvFile(text: string): { lines: readonly Variable[]; faults: readonly Fault[] } {
  const faults: Fault[] = []
  const refuse = (line: number | null, path: string, found: string, allowed: string): void => {
    faults.push({ source: '.env', path, line, found, allowed, nearest: null })
  }
  if (text.length > LARGEST_FILE) {
    refuse(null, '', `${text.length} characters long`, `at most ${LARGEST_FILE}`)
    return { lines: [], faults }
  }
  const seen = new Map<string, number>()
  const lines: Variable[] = []
  for (const [index, content] of text
    .replace(/^\uFEFF/, '')
    .split(/\r\n|\n|\r/)
    .entries()) {
    const line = index + 1
    if (/^\s*(#|$)/.test(content)) continue
    // One line at a time: all our values are on one line, and so a forgotten quote stays where it is.
    const [entry] = Object.entries(parse(content))
    if (!entry) {
      refuse(line, '', 'a line that sets nothing', 'NAME=value, or a comment after #')
      continue
    }
    const [name, value] = entry
    // What stands where a name should be may be a secret that was pasted there.
    const shown = isVariableName(name) ? name : ''
    const first = seen.get(name)
    if (first !== undefined) {
      refuse(line, shown, `set again (first in line ${first})`, 'each name once')
      continue
    }
    seen.set(name, line)
    const written = content.replace(/^\s*(export\s+)?[\w.-]+\s*[=:]\s*/, '')
    if (!/^(["'`]).*\1\s*(#.*)?$/.test(written) && /^["'`]|\S#/.test(written)) {
      refuse(line, shown, 'cut short by a # or an open quote', "such a value between '…'")
      continue
    }
    if (value.trim() !== '') lines.push({ name, value: value.trim(), source: '.env', line })
  }
  return { lines, faults }
}
