// Reads one reply of HTTP/1.1 out of the bytes of a connection, however they are cut. It is strict: where two
// readers could differ about where a reply ends, the reply is refused, since what is left over would be taken
// for the answer to the next order. It knows nothing of sockets, and of the head keeps only what is used.

export interface Head {
  readonly status: number
  /** As the `Date` header says it. */
  readonly date: string
  readonly encoding: string
  /** How long the connection may rest before the broker closes it; 0: it is closed after this reply. */
  readonly keepForMs: number
}

export interface ReplyReader {
  take(bytes: Buffer): void
  /** No more bytes come. */
  end(): void
  /** null: not all of it was there yet. */
  head(): Head | null
  isDone(): boolean
  /** Whether bytes came that belong to no reply. */
  hasMore(): boolean
  body(): Buffer
}

/** Its message is ours: nothing of the reply is in it. */
export class BadReply extends Error {}

// A book of 5,000 rows is 5 MB. More than this is no answer to anything we ask.
export const LARGEST_ANSWER = 32 * 1024 * 1024
const LONGEST_HEAD = 16 * 1024
const END_OF_HEAD = Buffer.from('\r\n\r\n')
const END_OF_LINE = Buffer.from('\r\n')
const NOTHING = Buffer.alloc(0)

/**
 *   head ─┬─ a length ──► counted ─────────────────────────────► done
 *         ├─ chunked ───► size ⇄ chunk, until the last ► trailer ► done
 *         ├─ neither ───► untilClosed ─────────────────────────► done
 *         └─ no body ──────────────────────────────────────────► done
 */
type Stage = 'head' | 'counted' | 'size' | 'chunk' | 'trailer' | 'untilClosed' | 'done'

export function createReplyReader(): ReplyReader {
  let stage: Stage = 'head'
  let rest: Buffer = NOTHING
  let head: Head | null = null
  /** Bytes of the body, or of the chunk with its end of line, that are still to come. */
  let left = 0
  let size = 0
  const pieces: Buffer[] = []

  function take(bytes: Buffer): void {
    rest = rest.length === 0 ? bytes : Buffer.concat([rest, bytes])
    while (stage !== 'done' && rest.length > 0 && step());
  }

  /** false: it goes on with more bytes. */
  function step(): boolean {
    switch (stage) {
      case 'head':
        return takeHead()
      case 'counted':
        left -= keep(Math.min(left, rest.length))
        if (left === 0) stage = 'done'
        return true
      case 'untilClosed':
        keep(rest.length)
        return true
      case 'size':
        return takeSize()
      case 'chunk':
        return takeChunk()
      case 'trailer':
        return takeTrailer()
      case 'done':
        return false
    }
  }

  function takeHead(): boolean {
    const end = rest.indexOf(END_OF_HEAD)
    if ((end < 0 ? rest.length : end) > LONGEST_HEAD) throw new BadReply('the head is too long')
    if (end < 0) return false
    const read = readHead(rest.toString('latin1', 0, end))
    rest = rest.subarray(end + END_OF_HEAD.length)
    // What comes before the answer: it has no body, and another head follows.
    if (read.status < 200) return true
    head = read
    left = read.length ?? 0
    if (read.status === 204 || read.status === 304 || read.length === 0) stage = 'done'
    else if (read.isChunked) stage = 'size'
    else stage = read.length === null ? 'untilClosed' : 'counted'
    if (left > LARGEST_ANSWER) throw new BadReply('the answer is too large')
    return true
  }

  function takeSize(): boolean {
    const line = takeLine()
    if (line === null) return false
    const digits = /^([0-9a-f]{1,8})(?:[ \t]*;.*)?$/i.exec(line)?.[1]
    if (digits === undefined) throw new BadReply('a chunk has no size')
    left = Number.parseInt(digits, 16)
    if (left === 0) stage = 'trailer'
    else {
      stage = 'chunk'
      left += END_OF_LINE.length
    }
    return true
  }

  function takeChunk(): boolean {
    left -= keep(Math.min(Math.max(0, left - END_OF_LINE.length), rest.length))
    if (left > END_OF_LINE.length || rest.length < END_OF_LINE.length) return false
    if (!rest.subarray(0, END_OF_LINE.length).equals(END_OF_LINE))
      throw new BadReply('a chunk is longer than it says')
    rest = rest.subarray(END_OF_LINE.length)
    stage = 'size'
    return true
  }

  function takeTrailer(): boolean {
    const line = takeLine()
    if (line === '') stage = 'done'
    return line !== null
  }

  function takeLine(): string | null {
    const end = rest.indexOf(END_OF_LINE)
    if ((end < 0 ? rest.length : end) > LONGEST_HEAD) throw new BadReply('a line is too long')
    if (end < 0) return null
    const line = rest.toString('latin1', 0, end)
    rest = rest.subarray(end + END_OF_LINE.length)
    return line
  }

  function keep(length: number): number {
    size += length
    if (size > LARGEST_ANSWER) throw new BadReply('the answer is too large')
    if (length > 0) pieces.push(rest.subarray(0, length))
    rest = rest.subarray(length)
    return length
  }

  return {
    take,
    end() {
      if (stage === 'untilClosed') stage = 'done'
    },
    head: () => head,
    isDone: () => stage === 'done',
    hasMore: () => stage === 'done' && rest.length > 0,
    body: () => (pieces.length === 1 ? (pieces[0] as Buffer) : Buffer.concat(pieces)),
  }
}

const STATUS_LINE = /^HTTP\/1\.([01]) ([1-9]\d\d)(?: .*)?$/
/** Made so that no run of blanks, wherever it stands, is gone through more than once. */
const FIELD =
  /^([!#$%&'*+.^_`|~\w-]+):[ \t]*(?![ \t])((?:[^ \t\r\n]+(?:[ \t]+[^ \t\r\n]+)*)?)[ \t]*$/

function readHead(text: string): Head & {
  readonly length: number | null
  readonly isChunked: boolean
} {
  const [first = '', ...lines] = text.split('\r\n')
  const [, minor, digits] = STATUS_LINE.exec(first) ?? []
  const status = Number(digits)
  if (digits === undefined || status === 101) throw new BadReply('it does not begin like a reply')
  const fields = new Map<string, string>()
  for (const line of lines) {
    const [, name, value] = FIELD.exec(line) ?? []
    if (name === undefined || value === undefined) throw new BadReply('a header is no header')
    const key = name.toLowerCase()
    const before = fields.get(key)
    fields.set(key, before === undefined ? value : `${before}, ${value}`)
  }
  const length = fields.get('content-length') ?? null
  const transfer = fields.get('transfer-encoding')?.toLowerCase() ?? null
  if (length !== null && (transfer !== null || !/^\d{1,10}$/.test(length)))
    throw new BadReply('its length is told in two ways, or in none')
  if (transfer !== null && (transfer !== 'chunked' || minor === '0'))
    throw new BadReply('its body is sent in a way that nobody asked for')
  const connection = fields.get('connection')?.toLowerCase() ?? ''
  const words = connection.split(',').map((word) => word.trim())
  const isKept = minor === '1' ? !words.includes('close') : words.includes('keep-alive')
  return {
    status,
    date: fields.get('date') ?? '',
    encoding: fields.get('content-encoding')?.toLowerCase() ?? '',
    keepForMs: isKept ? keepForMs(fields.get('keep-alive') ?? '') : 0,
    length: length === null ? null : Number(length),
    isChunked: transfer === 'chunked',
  }
}

/** Given up a second before the broker does, so that nothing is written into a connection that closes. */
function keepForMs(hint: string): number {
  const seconds = /(?:^|[ ,])timeout=(\d{1,6})/i.exec(hint)?.[1]
  return seconds === undefined
    ? Number.POSITIVE_INFINITY
    : Math.max(0, Number(seconds) * 1000 - 1000)
}
