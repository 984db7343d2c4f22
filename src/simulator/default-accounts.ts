// The clients that a simulated broker has unless told otherwise: one master and any number of followers.
// Their secrets are words that a test can search for wherever no secret may be.
import { parseMoney } from '../domain/numbers.ts'
import type { AccountSetting } from './account.ts'

export const MASTER_CODE = 'M100000'
export const followerCode = (number: number): string => `F10000${number}`

export function defaultAccounts(followers: number): readonly AccountSetting[] {
  return [
    account(MASTER_CODE, 'Simulated Master', 0),
    ...Array.from({ length: followers }, (_, index) =>
      account(followerCode(index + 1), `Simulated Follower ${index + 1}`, index + 1),
    ),
  ]
}

function account(clientCode: string, name: string, number: number): AccountSetting {
  return {
    clientCode,
    name,
    pin: String(4710 + number),
    totpSecret: secretOf(number),
    apiKey: `canarykey-${clientCode}`,
    cash: parseMoney('1000000'),
    addresses: [],
    holdings: [],
  }
}

/** Base32, 20 bytes. */
const secretOf = (number: number): string =>
  `CANARYTOTPSECRETOFSOMEBODY${LETTERS[Math.floor(number / 32) % 32]}${LETTERS[number % 32]}AAAA`

const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'

/** What the program reads from its environment, for the first account as the master and the rest as followers. */
export function environmentOf(
  accounts: readonly AccountSetting[],
  urls: { readonly rest: string; readonly feed: string; readonly instruments: string },
): Readonly<Record<string, string>> {
  const environment: Record<string, string> = {
    SMARTAPI_URL: urls.rest,
    SMARTAPI_FEED_URL: urls.feed,
    SMARTAPI_INSTRUMENTS_URL: urls.instruments,
  }
  for (const [index, setting] of accounts.entries()) {
    const prefix = index === 0 ? '' : `FOLLOWER_${index}_`
    environment[`${prefix}API_KEY`] = setting.apiKey
    environment[`${prefix}CLIENT_ID`] = setting.clientCode
    environment[`${prefix}PASSWORD`] = setting.pin
    environment[`${prefix}TOTP_SECRET`] = setting.totpSecret
  }
  return environment
}
