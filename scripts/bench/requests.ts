// Requests as they come off a socket, cut from its bytes by hand: a server that costs little more than the
// bytes themselves, so that what is measured is who sends, not who receives. It knows what the brokers'
// clients send (a length, no chunks) and refuses the rest; it must never be put before real traffic.

export interface Received {
  readonly method: string
  readonly path: string
  /** What stands after `Bearer `; empty without one. */
  readonly token: string
  readonly body: string
  /** When its first byte was there. */
  readonly at: number
}

const BLANK_LINE = Buffer.from('\r\n\r\n')

/** The bytes of one connection, in the order in which they come. */
export function createCutter() {
  let rest: Buffer = Buffer.alloc(0)
  let begunAt = 0

  return {
    /** Gives the requests that are whole now. */
    take(bytes: Buffer, at: number): readonly Received[] {
      if (rest.length === 0) begunAt = at
      rest = rest.length === 0 ? bytes : Buffer.concat([rest, bytes])
      const whole: Received[] = []
      for (let next = cut(rest, begunAt); next !== null; next = cut(rest, begunAt)) {
        whole.push(next.request)
        rest = rest.subarray(next.length)
        begunAt = at
      }
      return whole
    },
  }
}

function cut(bytes: Buffer, at: number): { request: Received; length: number } | null {
  const headEnd = bytes.indexOf(BLANK_LINE)
  if (headEnd < 0) return null
  const head = bytes.toString('latin1', 0, headEnd)
  if (/\r\ntransfer-encoding:/i.test(head)) throw new Error('a request in chunks: not understood')
  const bodyAt = headEnd + BLANK_LINE.length
  const length = bodyAt + Number(/\r\ncontent-length: *(\d+)/i.exec(head)?.[1] ?? 0)
  if (bytes.length < length) return null
  const [method = '', path = ''] = head.slice(0, head.indexOf('\r\n')).split(' ')
  const token = /\r\nauthorization: *Bearer ([^\r]+)/i.exec(head)?.[1] ?? ''
  return {
    request: { method, path, token, body: bytes.toString('utf8', bodyAt, length), at },
    length,
  }
}

export const answerBytes = (body: string): string =>
  `HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ndate: ${new Date().toUTCString()}\r\n` +
  `content-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`
