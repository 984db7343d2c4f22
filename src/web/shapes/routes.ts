// What the page and its server say to each other: types only, so that neither needs the other to run.
// Amounts are exact texts ("101.20"), never JSON numbers; times are ISO with the offset of IST; every text
// that came from a broker or from a person is data, and is shown as text. `null` is "not known", never 0.
//
// Reading, signed in. `?mode=live|paper` names the ledger; left out, it is the one that an engine runs on.
//   GET  /api/session                        → SessionState   (also signed out)
//   GET  /api/overview?mode                  → Overview
//   GET  /api/signals?mode&day&follower&outcome&symbol&side&until&limit → SignalPage
//   GET  /api/signals/NUMBER?mode            → SignalStory    (`lockstep why`)
//   GET  /api/days?mode                      → DayList
//   GET  /api/charts?mode&day                → Charts
//   GET  /api/history?mode                   → History
//   GET  /api/accounts                       → AccountList
//   GET  /api/steer/resume?mode&follower     → Preview        (what a resume would do)
//   GET  /api/steer/flatten?mode&follower    → Preview
//   GET  /api/events?mode                    → server-sent events, see `Changed`
//   GET  /metrics?mode                       → text for Prometheus: signed in, or with the bearer token
//
// Writing: POST, JSON, at most 16 KiB, with the header `x-csrf-token` from SessionState.
//   POST /api/setup                SetupBody      → SessionState   (once; the code stands in the terminal)
//   POST /api/sign-in              SignInBody     → SessionState
//   POST /api/sign-out             {}             → SessionState
//   POST /api/password             PasswordBody   → SessionState   (ends every other session)
//   POST /api/steer/pause          WhomBody       → Told
//   POST /api/steer/resume         WhomBody       → Told
//   POST /api/steer/halt           ModeBody       → Told
//   POST /api/steer/flatten        FlattenBody    → Told
//   POST /api/steer/approve        ApproveBody    → Told
//   POST /api/steer/reject         SignalBody     → Told
//   POST /api/steer/dismiss        DismissBody    → Told
//   POST /api/steer/resolve        ResolveBody    → Told
//   POST /api/accounts             AddAccountBody → AccountChanged
//   POST /api/accounts/NAME/remove   RemoveBody   → AccountChanged
//   POST /api/accounts/NAME/enabled  EnabledBody  → AccountChanged
//   POST /api/accounts/NAME/preview  EditBody     → EditPreview
//   POST /api/accounts/NAME/settings EditBody     → AccountChanged
//   POST /api/accounts/NAME/verify   KeyedBody    → Checked   (logs in; refused beside an engine)
//   POST /api/accounts/NAME/balance  KeyedBody    → Checked   (logs in; refused beside an engine)
// setup and sign-in are POST without a token: nobody is signed in yet, and Origin is checked.
//
// Anything else than 2xx has the body `Refused`: 400 not understood, 401 sign in first, 403 not from this
// page, 404, 409 it can't be done and why, 413 too long, 429 wait, 503 no ledger yet.
import type {
  AccountChanged,
  AccountList,
  AddAccountBody,
  Checked,
  EditBody,
  EditPreview,
  EnabledBody,
  KeyedBody,
  RemoveBody,
} from './accounts.ts'
import type { Charts, History } from './charts.ts'
import type { DayList, SignalFilter, SignalPage, SignalStory } from './orders.ts'
import type { Overview } from './overview.ts'
import type { Nothing, OfDay, OfFollower, OfLedger } from './said.ts'
import type { PasswordBody, SessionState, SetupBody, SignInBody } from './session.ts'
import type {
  ApproveBody,
  DismissBody,
  FlattenBody,
  ModeBody,
  Preview,
  ResolveBody,
  SignalBody,
  Told,
  WhomBody,
} from './steering.ts'

/** What each GET takes in its query and answers. */
export interface Reads {
  '/api/session': { query: Nothing; answer: SessionState }
  '/api/overview': { query: OfLedger; answer: Overview }
  '/api/signals': { query: SignalFilter; answer: SignalPage }
  '/api/signals/:signal': { query: OfLedger; answer: SignalStory }
  '/api/days': { query: OfLedger; answer: DayList }
  '/api/charts': { query: OfDay; answer: Charts }
  '/api/history': { query: OfLedger; answer: History }
  '/api/accounts': { query: Nothing; answer: AccountList }
  '/api/steer/resume': { query: OfFollower; answer: Preview }
  '/api/steer/flatten': { query: OfFollower; answer: Preview }
}

/** What each POST takes and answers. */
export interface Writes {
  '/api/setup': { body: SetupBody; answer: SessionState }
  '/api/sign-in': { body: SignInBody; answer: SessionState }
  '/api/sign-out': { body: Nothing; answer: SessionState }
  '/api/password': { body: PasswordBody; answer: SessionState }
  '/api/steer/pause': { body: WhomBody; answer: Told }
  '/api/steer/resume': { body: WhomBody; answer: Told }
  '/api/steer/halt': { body: ModeBody; answer: Told }
  '/api/steer/flatten': { body: FlattenBody; answer: Told }
  '/api/steer/approve': { body: ApproveBody; answer: Told }
  '/api/steer/reject': { body: SignalBody; answer: Told }
  '/api/steer/dismiss': { body: DismissBody; answer: Told }
  '/api/steer/resolve': { body: ResolveBody; answer: Told }
  '/api/accounts': { body: AddAccountBody; answer: AccountChanged }
  '/api/accounts/:name/remove': { body: RemoveBody; answer: AccountChanged }
  '/api/accounts/:name/enabled': { body: EnabledBody; answer: AccountChanged }
  '/api/accounts/:name/preview': { body: EditBody; answer: EditPreview }
  '/api/accounts/:name/settings': { body: EditBody; answer: AccountChanged }
  '/api/accounts/:name/verify': { body: KeyedBody; answer: Checked }
  '/api/accounts/:name/balance': { body: KeyedBody; answer: Checked }
}
