import { Console } from 'node:console'
import { Writable } from 'node:stream'
import { format, inspect } from 'node:util'
import { pino } from 'pino'
import { describe, expect, it } from 'vitest'
import { Secret } from '../../src/domain/secret.ts'

const CANARY = 'canary-7QF2'

/** Every way in which a value ends up as text. Takes anything, so that a plain text is the control. */
const PRINTERS: Record<string, (secret: unknown) => string> = {
  'String()': (secret) => String(secret),
  template: (secret) => `${secret}`,
  concatenation: (secret) => `x${secret as string}`,
  'JSON.stringify': (secret) => JSON.stringify({ deep: [{ secret }] }),
  inspect: (secret) => inspect(secret),
  'inspect, everything': (secret) =>
    inspect({ deep: [{ secret }] }, { depth: null, showHidden: true, getters: true }),
  'inspect without custom printers': (secret) =>
    inspect({ secret }, { customInspect: false, showHidden: true, depth: null, getters: true }),
  'format %s': (secret) => format('%s', secret),
  'format %o': (secret) => format('%o', secret),
  'format %O': (secret) => format('%O', secret),
  'format %j': (secret) => format('%j', secret),
  'console.log': (secret) => written((to) => new Console(to).log('login', { secret })),
  'console.dir': (secret) => written((to) => new Console(to).dir(secret, { showHidden: true })),
  'console.table': (secret) => written((to) => new Console(to).table([{ secret }])),
  'error message': (secret) => inspect(new Error(`refused: ${secret}`)),
  'error cause': (secret) => inspect(new Error('refused', { cause: secret })),
  'error property': (secret) => inspect(Object.assign(new Error('refused'), { secret })),
  spread: (secret) => inspect({ ...Object(secret) }, { showHidden: true }),
  entries: (secret) => inspect(Object.entries(Object(secret))),
  values: (secret) => Object.values(Object(secret)).join(''),
  'own property names': (secret) =>
    Reflect.ownKeys(Object(secret))
      .map((key) => String(Reflect.get(Object(secret), key)))
      .join(''),
  structuredClone: (secret) => inspect(structuredClone({ secret }), { showHidden: true }),
  'Object.assign': (secret) => inspect(Object.assign({}, { secret })),
  pino: (secret) => written((to) => pino(to).info({ secret, deep: { secret } }, 'login')),
  'pino error': (secret) =>
    written((to) => pino(to).error({ err: Object.assign(new Error('no'), { secret }) }, 'login')),
}

/** Prints that do not show the whole text of a plain string in one piece, so the control cannot see it there. */
const IN_PIECES = ['spread', 'entries']

describe('a secret', () => {
  for (const [way, print] of Object.entries(PRINTERS)) {
    it(`shows as *** by ${way}`, () => {
      const text = print(new Secret(CANARY))
      expect(text).not.toContain(CANARY)
      expect(text).toContain('***')
    })
  }

  for (const [way, print] of Object.entries(PRINTERS))
    if (!IN_PIECES.includes(way))
      it(`control: a plain text is seen by ${way}`, () => {
        expect(print(CANARY).replaceAll('\n', '')).toContain(CANARY)
      })

  it('gives its text to reveal only, and cannot be changed', () => {
    const secret = new Secret(CANARY)
    expect(secret.reveal()).toBe(CANARY)
    expect(Object.keys(secret)).toEqual(['shown'])
    expect(Object.isFrozen(secret)).toBe(true)
  })
})

function written(print: (to: Writable) => void): string {
  let text = ''
  const to = new Writable({
    write(chunk, _encoding, done) {
      text += String(chunk)
      done()
    },
  })
  print(to)
  return text
}
