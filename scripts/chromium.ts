// The browser in which the page is tried: that of the machine, since one from elsewhere would be a download of
// 150 MB. Where there is none, the gate says so in a line of its own, and the tests that need it say it too.
import { existsSync } from 'node:fs'

export const CHROMIUM = '/usr/bin/chromium'
export const isChromiumThere = existsSync(CHROMIUM)
export const WITHOUT_CHROMIUM = `there is no ${CHROMIUM}: apt-get install chromium`

/** Nothing but the page: no question to anybody else, no first-run pages, no settings of the person. */
export const CHROMIUM_ARGUMENTS: readonly string[] = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost',
]
