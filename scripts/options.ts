// What the scripts beside the program take from the command line. Each says its options once, with what they
// are for: from that come the help, the plain refusal of a wrong one (exit 2, as everywhere) and the types.
import { parseArgs } from 'node:util'

export interface Option<T> {
  /** Stands behind the name in the help; empty for one that is only named. */
  readonly takes: string
  readonly about: string
  readonly usual: T
  /** Undefined where the text is not allowed. */
  read(text: string): T | undefined
  readonly allowed: string
  /** What follows without a name belongs to it as well. */
  readonly takesMore?: true
}

type Options = Readonly<Record<string, Option<unknown>>>
type ValuesOf<O extends Options> = {
  readonly [K in keyof O]: O[K] extends Option<infer T> ? T : never
}

export const flag = (about: string): Option<boolean> => ({
  takes: '',
  about,
  usual: false,
  read: () => true,
  allowed: 'nothing',
})

export const text = (about: string): Option<string | undefined> => ({
  takes: 'TEXT',
  about,
  usual: undefined,
  read: (given) => (given === '' ? undefined : given),
  allowed: 'a text',
})

/** Of at least `least`; without a usual one it may be left out. */
export function whole<T extends number | undefined>(
  about: string,
  usual: T,
  least = 0,
): Option<number | T> {
  const read = (given: string): number | undefined => {
    const number = /^\d+$/.test(given) ? Number(given) : Number.NaN
    return Number.isSafeInteger(number) && number >= least ? number : undefined
  }
  return { takes: 'N', about, usual, read, allowed: `a whole number from ${least}` }
}

export function above0<T extends number | undefined>(about: string, usual: T): Option<number | T> {
  const read = (given: string): number | undefined => {
    const number = /^\d+(\.\d+)?$/.test(given) ? Number(given) : 0
    return number > 0 ? number : undefined
  }
  return { takes: 'N', about, usual, read, allowed: 'a number above 0' }
}

/** `1,5,20`. */
export function wholes(
  about: string,
  usual: readonly number[] | undefined,
): Option<readonly number[] | undefined> {
  const read = (given: string): readonly number[] | undefined =>
    /^\d{1,6}(,\d{1,6})*$/.test(given) ? given.split(',').map(Number) : undefined
  return { takes: 'N,N,…', about, usual, read, allowed: 'whole numbers with commas between' }
}

/** `--join a b c`. */
export const texts = (about: string): Option<readonly string[] | undefined> => ({
  takes: 'TEXT…',
  about,
  usual: undefined,
  read: (given) => (given === '' ? undefined : [given]),
  allowed: 'a text, or several',
  takesMore: true,
})

export function oneOf(about: string, names: readonly string[]): Option<string | undefined> {
  const read = (given: string): string | undefined => (names.includes(given) ? given : undefined)
  return { takes: 'NAME', about, usual: undefined, read, allowed: `one of ${names.join(', ')}` }
}

/** Ends the script where help is asked for (0) or something is not as it must be (2). */
export function readOptions<O extends Options>(
  script: string,
  about: string,
  options: O,
): ValuesOf<O> {
  const answer = interpret(script, about, options, process.argv.slice(2))
  if ('values' in answer) return answer.values
  if ('help' in answer) console.log(answer.help)
  else console.error(answer.wrong)
  process.exit('help' in answer ? 0 : 2)
}

type Answer<O extends Options> =
  | { readonly values: ValuesOf<O> }
  | { readonly help: string }
  | { readonly wrong: string }

export function interpret<O extends Options>(
  script: string,
  about: string,
  options: O,
  args: readonly string[],
): Answer<O> {
  const wrong = (what: string): Answer<O> => ({
    wrong: `npm run ${script}: ${what}; -- --help tells what there is`,
  })
  const { tokens } = parseArgs({
    args: [...args],
    options: Object.fromEntries(
      Object.entries(options).map(([name, { takes }]) => [
        name,
        { type: takes === '' ? ('boolean' as const) : ('string' as const) },
      ]),
    ),
    allowPositionals: true,
    strict: false,
    tokens: true,
  })
  const values: Record<string, unknown> = Object.fromEntries(
    Object.entries(options).map(([name, { usual }]) => [name, usual]),
  )
  let more: unknown[] | null = null
  for (const token of tokens) {
    if (token.kind === 'option-terminator') continue
    if (token.kind === 'positional') {
      if (more === null) return wrong(`"${token.value}" is no option`)
      more.push(token.value)
      continue
    }
    const { name, rawName, value = '' } = token
    if (name === 'help' || rawName === '-h') return { help: helpOf(script, about, options) }
    const option = options[name]
    if (!option) return wrong(`there is no ${rawName}`)
    if (option.takes === '' && token.inlineValue) return wrong(`${rawName} takes nothing`)
    const read = option.read(value)
    if (read === undefined) return wrong(`${rawName} takes ${option.allowed}, not "${value}"`)
    values[name] = read
    more = option.takesMore ? (read as unknown[]) : null
  }
  return { values: values as ValuesOf<O> }
}

function helpOf(script: string, about: string, options: Options): string {
  const rows = Object.entries(options).map(([name, option]) => [
    `--${name} ${option.takes}`.trimEnd(),
    `${option.about}${usualOf(option)}`,
  ])
  const width = Math.max(...rows.map(([left = '']) => left.length), 0)
  const lines = rows.map(([left = '', right]) => `  ${left.padEnd(width)}  ${right}`)
  return [`npm run ${script} -- [options]`, '', about, '', ...lines].join('\n')
}

function usualOf({ usual }: Option<unknown>): string {
  if (usual === undefined || usual === false) return ''
  return ` (${Array.isArray(usual) ? usual.join(',') : String(usual)})`
}
