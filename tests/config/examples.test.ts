// The two files that a newcomer copies are read by the configuration itself, so they can't grow old.
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { accountsOf, load, loadValid } from './folder.ts'

const yaml = readFileSync('lockstep.example.yaml', 'utf8')
const envFile = readFileSync('.env.example', 'utf8')

/** As if the reader had removed every # that stands right before a setting. */
const uncomment = (text: string) => text.replaceAll(/^( *)#(?=( {2})*[\w]+[:=])/gm, '$1')

describe('lockstep.example.yaml', () => {
  const env = accountsOf(1, 2)

  it('says what holds without it', () => {
    const given = loadValid({ env, yaml })
    expect({ ...given, settingsFile: null, dataDir: '', logDir: '' }).toEqual({
      ...loadValid({ env }),
      dataDir: '',
      logDir: '',
    })
  })

  it('is valid with every example in it taken up', () => {
    const { followers, engine } = loadValid({ env, yaml: uncomment(yaml) })
    expect(followers.map(({ sizing }) => sizing.mode)).toEqual(['proportional', 'multiplier'])
    expect(engine.freeze.size).toBe(2)
    expect(engine.masterCapital).not.toBeNull()
  })

  it('names every key of the schema', () => {
    const schema = JSON.parse(readFileSync('lockstep.schema.json', 'utf8'))
    const keysOf = (part: { properties?: Record<string, object> }): string[] =>
      Object.entries(part.properties ?? {}).flatMap(([key, inner]) => [key, ...keysOf(inner)])
    const keys = keysOf(schema)
    expect(keys).toContain('maxDailyLoss')
    expect(keys.filter((key) => !new RegExp(`\\b${key}:`).test(yaml))).toEqual([])
  })
})

describe('.env.example', () => {
  it('sets nothing as it stands', () => {
    const { config, faults, warnings } = load({ envFile })
    expect(faults).toEqual([])
    expect(warnings).toEqual([])
    expect(config?.accounts).toEqual({ master: null, followers: [] })
  })

  it('is complete once it is filled in', () => {
    const filled = uncomment(envFile)
      .replaceAll(/(API_KEY|SECRET_KEY)=$/gm, '$1=key')
      .replaceAll(/PASSWORD=$/gm, 'PASSWORD=1234')
      .replaceAll(/TOTP_SECRET=$/gm, 'TOTP_SECRET=JBSWY3DPEHPK3PXP')
      .replace(/^CLIENT_ID=$/m, 'CLIENT_ID=A100')
      .replace(/FOLLOWER_1_CLIENT_ID=$/m, 'FOLLOWER_1_CLIENT_ID=B200')
      // An account goes out by an address of its own or through a proxy.
      .replace(/^FOLLOWER_1_LOCAL_ADDRESS=.*$/m, '')
    const { config, faults, warnings } = load({ envFile: filled })
    expect(faults).toEqual([])
    expect(warnings).toEqual([])
    expect(config?.accounts.followers).toMatchObject([{ label: 'Papa', clientCode: 'B200' }])
    expect(config?.color).toBe(false)
  })
})
