// The tables. Facts are only ever added: a trigger refuses to change or delete one. Beside them stands
// what is derived from them, moved in the same transaction, so that neither start-up nor a question has
// to read history; `rebuild.ts` makes it again from the facts alone.
//
// Amounts are whole hundred-millionths, instants milliseconds, fractions text (`1/3`). Every transaction
// that adds facts has one line in `journal`; its number is the order of truth across all tables.

export interface Migration {
  readonly number: number
  readonly sql: string
}

/** `LOCK`, so that a file tells what it is. */
export const APPLICATION_ID = 0x4c4f434b

const FACTS = `
CREATE TABLE journal (
  number INTEGER PRIMARY KEY,
  at INTEGER NOT NULL,
  kind TEXT NOT NULL
) STRICT;

CREATE TABLE identity (
  only INTEGER PRIMARY KEY CHECK (only = 1),
  engine TEXT NOT NULL,
  mode TEXT NOT NULL CHECK (mode IN ('live', 'paper'))
) STRICT;

-- Starts of an engine: only the latest may write.
CREATE TABLE tenure (
  number INTEGER PRIMARY KEY,
  journal INTEGER NOT NULL REFERENCES journal,
  process INTEGER NOT NULL,
  host TEXT NOT NULL,
  command TEXT NOT NULL
) STRICT;

CREATE TABLE session (
  number INTEGER PRIMARY KEY,
  journal INTEGER NOT NULL REFERENCES journal,
  settings TEXT NOT NULL
) STRICT;

-- Orders as a broker showed them, the master's and ours.
CREATE TABLE report (
  number INTEGER PRIMARY KEY,
  account TEXT NOT NULL,
  day TEXT NOT NULL,
  order_id TEXT NOT NULL,
  unique_order_id TEXT,
  tag TEXT NOT NULL,
  instrument TEXT NOT NULL,
  exchange TEXT NOT NULL,
  symbol TEXT NOT NULL,
  token TEXT NOT NULL,
  side TEXT NOT NULL CHECK (side IN ('BUY', 'SELL')),
  product TEXT NOT NULL,
  variety TEXT NOT NULL,
  pricing TEXT NOT NULL CHECK (pricing IN ('market', 'limit', 'stopLimit', 'stopMarket')),
  limit_price INTEGER,
  trigger_price INTEGER,
  quantity INTEGER NOT NULL,
  filled INTEGER NOT NULL CHECK (filled >= 0),
  average_price INTEGER,
  status TEXT NOT NULL,
  text TEXT NOT NULL,
  exchange_time INTEGER,
  fill_time INTEGER,
  source TEXT NOT NULL
) STRICT;

CREATE TABLE master_order (
  number INTEGER PRIMARY KEY,
  journal INTEGER NOT NULL REFERENCES journal,
  key TEXT NOT NULL UNIQUE,
  account TEXT NOT NULL,
  day TEXT NOT NULL
) STRICT;

-- The names by which a broker may speak of a master order.
CREATE TABLE master_alias (
  number INTEGER PRIMARY KEY,
  journal INTEGER NOT NULL REFERENCES journal,
  account TEXT NOT NULL,
  day TEXT NOT NULL,
  kind TEXT NOT NULL CHECK (kind IN ('orderId', 'uniqueOrderId')),
  name TEXT NOT NULL,
  master_order INTEGER NOT NULL REFERENCES master_order,
  UNIQUE (account, day, kind, name)
) STRICT;

CREATE TABLE master_sighting (
  number INTEGER PRIMARY KEY,
  journal INTEGER NOT NULL REFERENCES journal,
  master_order INTEGER NOT NULL REFERENCES master_order,
  report INTEGER NOT NULL REFERENCES report
) STRICT;

-- Two orders turned out to be one.
CREATE TABLE master_merge (
  gone INTEGER PRIMARY KEY REFERENCES master_order,
  journal INTEGER NOT NULL REFERENCES journal,
  kept INTEGER NOT NULL REFERENCES master_order
) STRICT;

CREATE TABLE baseline (
  account TEXT PRIMARY KEY,
  journal INTEGER NOT NULL REFERENCES journal
) STRICT;

CREATE TABLE baseline_order (
  master_order INTEGER PRIMARY KEY REFERENCES master_order,
  journal INTEGER NOT NULL REFERENCES journal,
  filled INTEGER NOT NULL CHECK (filled >= 0)
) STRICT;

CREATE TABLE signal (
  number INTEGER PRIMARY KEY,
  journal INTEGER NOT NULL REFERENCES journal,
  key TEXT NOT NULL UNIQUE,
  master_order INTEGER NOT NULL REFERENCES master_order,
  order_id TEXT NOT NULL,
  account TEXT NOT NULL,
  day TEXT NOT NULL,
  effect TEXT NOT NULL CHECK (effect IN ('entry', 'exit')),
  instrument TEXT NOT NULL,
  exchange TEXT NOT NULL,
  symbol TEXT NOT NULL,
  side TEXT NOT NULL CHECK (side IN ('BUY', 'SELL')),
  product TEXT NOT NULL,
  variety TEXT NOT NULL,
  pricing TEXT NOT NULL CHECK (pricing IN ('market', 'limit', 'stopLimit', 'stopMarket')),
  limit_price INTEGER,
  trigger_price INTEGER,
  quantity INTEGER NOT NULL CHECK (quantity > 0),
  before INTEGER NOT NULL CHECK (before >= 0),
  price INTEGER,
  filled_at INTEGER NOT NULL,
  seen_at INTEGER NOT NULL,
  source TEXT NOT NULL,
  master_before INTEGER NOT NULL,
  master_after INTEGER NOT NULL,
  obstacle TEXT
) STRICT;

CREATE TABLE lane (
  number INTEGER PRIMARY KEY,
  follower TEXT NOT NULL,
  mode TEXT NOT NULL CHECK (mode IN ('live', 'paper')),
  instrument TEXT NOT NULL,
  product TEXT NOT NULL,
  UNIQUE (follower, mode, instrument, product)
) STRICT;

-- A follower whose decision is left to the trader.
CREATE TABLE question (
  signal INTEGER NOT NULL REFERENCES signal,
  follower TEXT NOT NULL,
  journal INTEGER NOT NULL REFERENCES journal,
  PRIMARY KEY (signal, follower)
) STRICT;

CREATE TABLE decision (
  number INTEGER PRIMARY KEY,
  journal INTEGER NOT NULL REFERENCES journal,
  signal INTEGER NOT NULL REFERENCES signal,
  follower TEXT NOT NULL,
  lane INTEGER NOT NULL REFERENCES lane,
  covers INTEGER NOT NULL,
  kind TEXT NOT NULL CHECK (kind IN ('entry', 'exit', 'skip')),
  quantity INTEGER CHECK ((quantity IS NOT NULL) = (kind = 'entry')),
  copied_before INTEGER CHECK ((copied_before IS NOT NULL) = (kind = 'exit')),
  copied_after INTEGER CHECK ((copied_after IS NOT NULL) = (kind = 'exit')),
  entitlement TEXT CHECK ((entitlement IS NOT NULL) = (kind = 'exit')),
  reason TEXT CHECK ((reason IS NOT NULL) = (kind = 'skip')),
  UNIQUE (signal, follower)
) STRICT;

CREATE INDEX moving_decision ON decision (lane) WHERE kind <> 'skip';

CREATE TABLE intent (
  number INTEGER PRIMARY KEY,
  journal INTEGER NOT NULL REFERENCES journal,
  lane INTEGER NOT NULL REFERENCES lane,
  role TEXT NOT NULL CHECK (role IN ('entry', 'exit', 'lateFill', 'overshoot', 'flatten')),
  signal INTEGER REFERENCES signal CHECK (signal IS NOT NULL OR role = 'flatten'),
  decision INTEGER REFERENCES decision CHECK ((decision IS NOT NULL) = (role = 'entry')),
  side TEXT NOT NULL CHECK (side IN ('BUY', 'SELL')),
  quantity INTEGER NOT NULL CHECK (quantity > 0),
  lot INTEGER NOT NULL CHECK (lot > 0),
  pricing TEXT NOT NULL CHECK (pricing IN ('market', 'limit', 'stopLimit', 'stopMarket')),
  limit_price INTEGER,
  trigger_price INTEGER,
  slice INTEGER NOT NULL CHECK (slice BETWEEN 1 AND slices),
  slices INTEGER NOT NULL,
  tag TEXT NOT NULL UNIQUE
) STRICT;
CREATE INDEX intent_by_signal ON intent (signal);
CREATE INDEX intent_by_decision ON intent (decision) WHERE decision IS NOT NULL;

-- What an exit left of the entries that were still alive.
CREATE TABLE allowance (
  decision INTEGER NOT NULL REFERENCES decision,
  intent INTEGER NOT NULL REFERENCES intent,
  up_to INTEGER NOT NULL CHECK (up_to >= 0),
  PRIMARY KEY (decision, intent)
) STRICT;

CREATE TABLE denial (
  number INTEGER PRIMARY KEY,
  journal INTEGER NOT NULL REFERENCES journal,
  intent INTEGER NOT NULL UNIQUE REFERENCES intent,
  reason TEXT NOT NULL
) STRICT;

CREATE TABLE attempt (
  number INTEGER PRIMARY KEY,
  journal INTEGER NOT NULL REFERENCES journal,
  intent INTEGER NOT NULL REFERENCES intent,
  ordinal INTEGER NOT NULL CHECK (ordinal > 0),
  account TEXT NOT NULL,
  tag TEXT NOT NULL UNIQUE,
  quantity INTEGER NOT NULL CHECK (quantity > 0),
  at INTEGER NOT NULL,
  UNIQUE (intent, ordinal)
) STRICT;
CREATE INDEX attempt_by_account ON attempt (account, at);

CREATE TABLE attempt_event (
  number INTEGER PRIMARY KEY,
  journal INTEGER NOT NULL REFERENCES journal,
  attempt INTEGER NOT NULL REFERENCES attempt,
  kind TEXT NOT NULL CHECK (kind IN (
    'answered', 'reported', 'absenceProven', 'dayEnded')),
  verdict TEXT NOT NULL,
  outcome TEXT CHECK ((outcome IS NOT NULL) = (kind = 'answered')),
  cause TEXT,
  text TEXT,
  order_id TEXT,
  unique_order_id TEXT,
  evidence TEXT CHECK ((evidence IS NULL) = (kind = 'reported')),
  report INTEGER REFERENCES report CHECK ((report IS NOT NULL) = (kind = 'reported'))
) STRICT;
CREATE INDEX attempt_event_by_attempt ON attempt_event (attempt);

-- Modifies and cancels; places are the attempts themselves.
CREATE TABLE broker_write (
  number INTEGER PRIMARY KEY,
  journal INTEGER NOT NULL REFERENCES journal,
  account TEXT NOT NULL,
  kind TEXT NOT NULL CHECK (kind IN ('modify', 'cancel')),
  attempt INTEGER NOT NULL REFERENCES attempt,
  at INTEGER NOT NULL
) STRICT;
CREATE INDEX broker_write_by_account ON broker_write (account, at);

CREATE TABLE adjustment (
  number INTEGER PRIMARY KEY,
  journal INTEGER NOT NULL REFERENCES journal,
  lane INTEGER NOT NULL REFERENCES lane,
  kind TEXT NOT NULL CHECK (kind IN (
    'reducedElsewhere', 'dismissed', 'adopted', 'expired', 'flattened')),
  change INTEGER NOT NULL,
  evidence TEXT NOT NULL
) STRICT;

CREATE TABLE shown (
  number INTEGER PRIMARY KEY,
  journal INTEGER NOT NULL REFERENCES journal,
  account TEXT NOT NULL,
  mode TEXT NOT NULL CHECK (mode IN ('live', 'paper')),
  instrument TEXT NOT NULL,
  product TEXT NOT NULL,
  quantity INTEGER NOT NULL
) STRICT;

CREATE TABLE steering (
  number INTEGER PRIMARY KEY,
  journal INTEGER NOT NULL REFERENCES journal,
  kind TEXT NOT NULL,
  follower TEXT,
  command TEXT NOT NULL,
  by TEXT NOT NULL
) STRICT;
CREATE INDEX steering_by_kind ON steering (kind, follower);

CREATE TABLE steering_done (
  steering INTEGER PRIMARY KEY REFERENCES steering,
  journal INTEGER NOT NULL REFERENCES journal
) STRICT;

CREATE TABLE login (
  number INTEGER PRIMARY KEY,
  journal INTEGER NOT NULL REFERENCES journal,
  account TEXT NOT NULL,
  code_window INTEGER NOT NULL,
  at INTEGER NOT NULL
) STRICT;
CREATE INDEX login_by_account ON login (account, at);

CREATE TABLE login_result (
  login INTEGER PRIMARY KEY REFERENCES login,
  journal INTEGER NOT NULL REFERENCES journal,
  result TEXT NOT NULL
) STRICT;
`

const DERIVED = `
CREATE TABLE master_state (
  master_order INTEGER PRIMARY KEY REFERENCES master_order,
  account TEXT NOT NULL,
  day TEXT NOT NULL,
  report INTEGER NOT NULL REFERENCES report,
  filled INTEGER NOT NULL,
  baseline INTEGER NOT NULL,
  entry INTEGER NOT NULL,
  exit INTEGER NOT NULL,
  merged_into INTEGER REFERENCES master_order,
  has_merged INTEGER NOT NULL DEFAULT 0,
  -- Never more than filled, unless two names of one order were both signalled before anybody knew.
  CHECK (has_merged = 1 OR baseline + entry + exit <= filled)
) STRICT;
CREATE INDEX master_state_by_day ON master_state (account, day);

CREATE TABLE open_question (
  signal INTEGER NOT NULL REFERENCES signal,
  follower TEXT NOT NULL,
  PRIMARY KEY (signal, follower)
) STRICT, WITHOUT ROWID;

CREATE TABLE lane_state (
  lane INTEGER PRIMARY KEY REFERENCES lane,
  copied INTEGER NOT NULL,
  held INTEGER NOT NULL,
  entitlement TEXT NOT NULL,
  lot INTEGER
) STRICT;

CREATE TABLE intent_state (
  intent INTEGER PRIMARY KEY REFERENCES intent,
  lane INTEGER NOT NULL REFERENCES lane,
  account TEXT NOT NULL,
  closes INTEGER NOT NULL,
  filled INTEGER NOT NULL,
  allowance INTEGER NOT NULL,
  stage TEXT NOT NULL CHECK (stage IN ('unsent', 'open', 'finished'))
) STRICT;
CREATE INDEX live_intent ON intent_state (lane) WHERE stage <> 'finished';

CREATE TABLE attempt_state (
  attempt INTEGER PRIMARY KEY REFERENCES attempt,
  intent INTEGER NOT NULL REFERENCES intent,
  account TEXT NOT NULL,
  kind TEXT NOT NULL CHECK (kind IN (
    'sending', 'unknown', 'notSent', 'rejected', 'working', 'done', 'lapsed')),
  cause TEXT,
  text TEXT,
  evidence TEXT,
  order_id TEXT,
  unique_order_id TEXT,
  filled INTEGER NOT NULL DEFAULT 0,
  average_price INTEGER,
  ending TEXT
) STRICT;
CREATE INDEX open_attempt ON attempt_state (account) WHERE kind IN ('sending', 'unknown', 'working');

CREATE TABLE shown_now (
  account TEXT NOT NULL,
  mode TEXT NOT NULL,
  instrument TEXT NOT NULL,
  product TEXT NOT NULL,
  quantity INTEGER NOT NULL,
  at INTEGER NOT NULL,
  PRIMARY KEY (account, mode, instrument, product)
) STRICT, WITHOUT ROWID;
`

const PULSE = `
-- Neither facts nor derived from them: how the accounts do, as last seen. Rows are replaced.
CREATE TABLE pulse (
  account TEXT NOT NULL,
  part TEXT NOT NULL,
  state TEXT NOT NULL,
  PRIMARY KEY (account, part)
) STRICT, WITHOUT ROWID;

CREATE TABLE pulse_price (
  instrument TEXT PRIMARY KEY,
  last INTEGER NOT NULL,
  at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
`

/** Neither facts nor derived from them: their rows are replaced. */
export const PASSING_TABLES = ['pulse', 'pulse_price', 'announced'] as const

/** What was checked of an account, and what was decrypted for it. */
const ACCOUNT_FACTS = `
CREATE TABLE verification (
  number INTEGER PRIMARY KEY,
  journal INTEGER NOT NULL REFERENCES journal,
  account TEXT NOT NULL,
  at INTEGER NOT NULL
) STRICT;
CREATE INDEX verification_of ON verification (account, at);

-- A secret by its name, never what it is.
CREATE TABLE secret_use (
  number INTEGER PRIMARY KEY,
  journal INTEGER NOT NULL REFERENCES journal,
  account TEXT NOT NULL,
  secret TEXT NOT NULL,
  at INTEGER NOT NULL
) STRICT;
CREATE INDEX secret_use_of ON secret_use (account, at);
`

/** Tables that `rebuild` empties and fills again. */
export const DERIVED_TABLES = [
  'master_state',
  'open_question',
  'lane_state',
  'intent_state',
  'attempt_state',
  'shown_now',
] as const

/** Every other table holds facts. */
export const tablesIn = (sql: string): readonly string[] =>
  [...sql.matchAll(/CREATE TABLE (\w+)/g)].map((match) => String(match[1]))

const refusals = (tables: readonly string[]): string =>
  tables
    .flatMap((table) =>
      ['UPDATE', 'DELETE'].map(
        (verb) =>
          `CREATE TRIGGER ${table}_refuses_${verb.toLowerCase()} BEFORE ${verb} ON ${table}
           BEGIN SELECT RAISE(ABORT, '${table} holds facts: they are added, never changed'); END;`,
      ),
    )
    .join('\n')

// What a closing order was sized against, so that a restart can still tell whether it happened.
const OTHERS = 'ALTER TABLE attempt ADD COLUMN others INTEGER;'
const ANSWERS = 'ALTER TABLE steering_done ADD COLUMN answer TEXT;'

// Whether a book repeats our tags: without that nothing is provably absent from it.
const TAGS = `
CREATE TABLE tag_sighting (
  number INTEGER PRIMARY KEY,
  journal INTEGER NOT NULL REFERENCES journal,
  account TEXT NOT NULL,
  is_shown INTEGER NOT NULL,
  at INTEGER NOT NULL
) STRICT;
CREATE INDEX tag_sighting_by_account ON tag_sighting (account, at);
`

// What was refused stays refused for these secrets, and for no others.
const LOGIN_SECRETS = 'ALTER TABLE login ADD COLUMN secrets TEXT;'

// What leaves at once, whole, until it is laid out in the tables.
const ANNOUNCED = `
CREATE TABLE announced (
  journal INTEGER PRIMARY KEY REFERENCES journal,
  signal INTEGER NOT NULL REFERENCES signal,
  at INTEGER NOT NULL,
  first_intent INTEGER NOT NULL,
  first_attempt INTEGER NOT NULL,
  plan TEXT NOT NULL
) STRICT;
`

// What the trader's no to an exit leaves: the rule of that exit, and what it would have closed.
const KEEPING = `
CREATE TABLE keeping (
  decision INTEGER PRIMARY KEY REFERENCES decision,
  entitlement TEXT NOT NULL,
  kept INTEGER NOT NULL
) STRICT;
`

// By what is asked while an order waits or is told of: without them those read all that was ever traded.
const BY_WHAT_IS_ASKED = `
CREATE INDEX master_state_of_day ON master_state (day);
CREATE INDEX signal_of_day ON signal (day);
CREATE INDEX adjustment_of_lane ON adjustment (lane);
CREATE INDEX flatten_of_lane ON intent (lane) WHERE role = 'flatten';
DROP INDEX intent_by_signal;
CREATE INDEX intent_of_signal ON intent (signal, lane);
`

// Which of two orders of the master was known first, in lines of the journal.
const HEARD = `
ALTER TABLE master_state ADD COLUMN last_heard INTEGER NOT NULL DEFAULT 0;
UPDATE master_state SET last_heard = sighting.journal
FROM (SELECT master_order, max(journal) AS journal FROM master_sighting GROUP BY master_order) AS sighting
WHERE sighting.master_order = master_state.master_order;
`

export const MIGRATIONS: readonly Migration[] = [
  { number: 1, sql: FACTS + DERIVED + refusals(tablesIn(FACTS)) },
  { number: 2, sql: PULSE },
  { number: 3, sql: OTHERS + ANSWERS },
  { number: 4, sql: ACCOUNT_FACTS + refusals(tablesIn(ACCOUNT_FACTS)) },
  { number: 5, sql: TAGS + refusals(tablesIn(TAGS)) },
  { number: 6, sql: LOGIN_SECRETS },
  { number: 7, sql: ANNOUNCED },
  { number: 8, sql: KEEPING + refusals(tablesIn(KEEPING)) },
  { number: 9, sql: BY_WHAT_IS_ASKED },
  { number: 10, sql: HEARD },
]
