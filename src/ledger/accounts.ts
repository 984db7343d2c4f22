// Logins, what was checked of an account and known of its book, uses of its secrets, and starts. A login is
// written down before it is tried: a code that was refused, or whose answer
// never came, is not tried again after a restart either.
import type { AccountName } from '../domain/ids.ts'
import type { Instant } from '../domain/time.ts'
import type { Ledger, LoginAttempt, LoginResult } from '../ports.ts'
import { numberOf, type Row } from './columns.ts'
import type { Store } from './store.ts'

export type Accounts = Pick<
  Ledger,
  | 'recordLogin'
  | 'recordLoginResult'
  | 'logins'
  | 'recordVerified'
  | 'verifiedAt'
  | 'recordSecretUse'
  | 'secretUses'
  | 'recordTags'
  | 'showedTags'
  | 'recordSession'
>

export function createAccounts(store: Store): Accounts {
  const sql = prepare(store.db)
  return {
    recordLogin: (account, window, secrets, at) =>
      store.write('login', at, (line) =>
        numberOf(sql.addLogin.run(line(), account, window, secrets, at).lastInsertRowid as bigint),
      ),
    recordLoginResult: (login, result, at) =>
      store.write('loginResult', at, (line) => {
        sql.addResult.run(login, line(), result)
      }),
    logins: (account, since) =>
      store.read(() => (sql.logins.all(account, since) as Row[]).map(loginOf)),
    recordVerified: (account, at) =>
      store.write('verified', at, (line) => {
        sql.addVerification.run(line(), account, at)
      }),
    verifiedAt: (account) =>
      store.read(() => {
        const at = sql.verified.get(account) as bigint | null | undefined
        return at == null ? null : (numberOf(at) as Instant)
      }),
    recordSecretUse: (account, secret, at) =>
      store.write('secretUse', at, (line) => {
        sql.addUse.run(line(), account, secret, at)
      }),
    secretUses: (account, since) =>
      store.read(() =>
        (sql.uses.all(account, since) as Row[]).map((row) => ({
          account: row.account as AccountName,
          secret: String(row.secret),
          at: numberOf(row.at) as Instant,
        })),
      ),
    recordTags: (account, isShown, at) =>
      store.write('tags', at, (line) => {
        sql.addTags.run(line(), account, isShown ? 1 : 0, at)
      }),
    showedTags: (account, since) =>
      store.read(() => {
        const isShown = sql.tags.get(account, since) as bigint | undefined
        return isShown === undefined ? null : isShown === 1n
      }),
    recordSession: (settings, at) =>
      store.write('session', at, (line) =>
        numberOf(sql.addSession.run(line(), settings).lastInsertRowid as bigint),
      ),
  }
}

const loginOf = (row: Row): LoginAttempt => ({
  account: row.account as AccountName,
  at: numberOf(row.at) as Instant,
  window: numberOf(row.code_window),
  secrets: row.secrets as string | null,
  result: row.result as LoginResult | null,
})

function prepare(db: Store['db']) {
  return {
    addLogin: db.prepare(
      'INSERT INTO login (journal, account, code_window, secrets, at) VALUES (?, ?, ?, ?, ?)',
    ),
    addResult: db.prepare('INSERT INTO login_result (login, journal, result) VALUES (?, ?, ?)'),
    logins: db.prepare(`
      SELECT login.*, login_result.result
      FROM login LEFT JOIN login_result ON login_result.login = login.number
      WHERE account = ? AND at >= ? ORDER BY login.number`),
    addVerification: db.prepare('INSERT INTO verification (journal, account, at) VALUES (?, ?, ?)'),
    verified: db.prepare('SELECT max(at) FROM verification WHERE account = ?').pluck(),
    addUse: db.prepare('INSERT INTO secret_use (journal, account, secret, at) VALUES (?, ?, ?, ?)'),
    uses: db.prepare(
      'SELECT account, secret, at FROM secret_use WHERE account = ? AND at >= ? ORDER BY number',
    ),
    addTags: db.prepare(
      'INSERT INTO tag_sighting (journal, account, is_shown, at) VALUES (?, ?, ?, ?)',
    ),
    tags: db
      .prepare(`
        SELECT is_shown FROM tag_sighting
        WHERE account = ? AND at >= ? ORDER BY number DESC LIMIT 1`)
      .pluck(),
    addSession: db.prepare('INSERT INTO session (journal, settings) VALUES (?, ?)'),
  }
}
