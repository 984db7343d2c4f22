import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { BadReply, createReplyReader, LARGEST_ANSWER } from '../../../src/broker/angelone/reply.ts'

function read(pieces: readonly (string | Buffer)[], isEnded = false) {
  const reader = createReplyReader()
  for (const piece of pieces) reader.take(Buffer.from(piece))
  if (isEnded) reader.end()
  return {
    head: reader.head(),
    isDone: reader.isDone(),
    hasMore: reader.hasMore(),
    text: reader.body().toString(),
  }
}

const lines = (...parts: readonly string[]): string => parts.join('\r\n')
const OK = 'HTTP/1.1 200 OK'

describe('a reply', () => {
  it.each([
    { what: 'with a length', text: lines(OK, 'Content-Length: 5', '', 'hello'), body: 'hello' },
    { what: 'of nothing', text: lines(OK, 'content-length: 0', '', ''), body: '' },
    { what: 'without a body', text: lines('HTTP/1.1 204 No Content', '', ''), body: '' },
    {
      what: 'in chunks',
      text: lines(OK, 'Transfer-Encoding: Chunked', '', '3', 'hel', '2;a=b', 'lo', '0', '', ''),
      body: 'hello',
    },
    {
      what: 'with a trailer',
      text: lines(OK, 'transfer-encoding: chunked', '', '5', 'hello', '0', 'X-Sum: 1', '', ''),
      body: 'hello',
    },
    {
      what: 'after one that only says to go on',
      text: lines('HTTP/1.1 100 Continue', '', OK, 'content-length: 5', '', 'hello'),
      body: 'hello',
    },
    {
      what: 'without a reason',
      text: lines('HTTP/1.1 200', 'content-length: 1', '', 'x'),
      body: 'x',
    },
  ])('$what is whole, however it is cut', ({ text, body }) => {
    expect(read([text])).toMatchObject({ isDone: true, hasMore: false, text: body })
    for (let at = 1; at < text.length; at++) {
      expect(read([text.slice(0, at)]).isDone).toBe(false)
      expect(read([text.slice(0, at), text.slice(at)])).toMatchObject({ isDone: true, text: body })
    }
    expect(read([...text])).toMatchObject({ isDone: true, text: body })
  })

  it.each([
    ['a bare end of line after blanks', `X:${' '.repeat(15_000)}\rX`, false],
    ['blanks inside', `X: a${' '.repeat(15_000)}b`, true],
    ['blanks around', `X:${' '.repeat(7_000)}a${' \t'.repeat(3_500)}`, true],
    ['words and a bare end of line', `X:${' a'.repeat(7_000)}\r`, false],
  ])('with %s in its head is read or refused, and holds nobody up', (_, line, isGood) => {
    const reply = lines(OK, line, 'Content-Length: 2', '', 'ok')
    if (isGood) expect(read([reply])).toMatchObject({ isDone: true, text: 'ok' })
    else expect(() => read([reply])).toThrow(BadReply)
  })

  it('without a length ends with its connection, and not before', () => {
    const pieces = [lines(OK, '', 'hel'), 'lo']
    expect(read(pieces).isDone).toBe(false)
    expect(read(pieces, true)).toMatchObject({ isDone: true, text: 'hello' })
  })

  it.each([
    { what: 'its head', text: lines(OK, 'content-length: 5') },
    { what: 'its length', text: lines(OK, 'content-length: 5', '', 'hell') },
    { what: 'a chunk', text: lines(OK, 'transfer-encoding: chunked', '', '5', 'hell') },
    { what: 'the last chunk', text: lines(OK, 'transfer-encoding: chunked', '', '1', 'h', '') },
  ])('that ends within $what is not whole', ({ text }) => {
    expect(read([text], true).isDone).toBe(false)
  })

  it('says what is told of it', () => {
    const text = lines(
      'HTTP/1.1 403 Forbidden',
      'Date: Tue, 01 Dec 2026 04:30:00 GMT',
      'Content-Encoding: GZIP',
      'content-length: 0',
      '',
      '',
    )
    expect(read([text]).head).toMatchObject({
      status: 403,
      date: 'Tue, 01 Dec 2026 04:30:00 GMT',
      encoding: 'gzip',
    })
  })

  it.each([
    { first: OK, head: '', keptFor: Number.POSITIVE_INFINITY },
    { first: OK, head: 'Connection: keep-alive\r\n', keptFor: Number.POSITIVE_INFINITY },
    { first: OK, head: 'Connection: Upgrade, Close\r\n', keptFor: 0 },
    { first: OK, head: 'Keep-Alive: timeout=5, max=100\r\n', keptFor: 4000 },
    { first: OK, head: 'Keep-Alive: max=9, timeout=1\r\n', keptFor: 0 },
    { first: 'HTTP/1.0 200 OK', head: '', keptFor: 0 },
    {
      first: 'HTTP/1.0 200 OK',
      head: 'Connection: keep-alive\r\n',
      keptFor: Number.POSITIVE_INFINITY,
    },
  ])('$first $head keeps its connection for $keptFor ms', ({ first, head, keptFor }) => {
    const { head: told } = read([`${first}\r\n${head}content-length: 0\r\n\r\n`])
    expect(told?.keepForMs).toBe(keptFor)
  })

  it('shows that there is more than belongs to it', () => {
    const text = lines(OK, 'content-length: 2', '', '{}')
    expect(read([text])).toMatchObject({ isDone: true, hasMore: false, text: '{}' })
    expect(read([text, 'x'])).toMatchObject({ isDone: true, hasMore: true, text: '{}' })
    expect(read([`${text}x`])).toMatchObject({ isDone: true, hasMore: true, text: '{}' })
  })

  it.each([
    { what: 'that is none', text: 'what?\r\n\r\n' },
    { what: 'of another protocol', text: 'HTTP/2 200 OK\r\n\r\n' },
    { what: 'with half a status', text: 'HTTP/1.1 20 OK\r\n\r\n' },
    { what: 'that changes the protocol', text: 'HTTP/1.1 101 Switching Protocols\r\n\r\n' },
    { what: 'with a line that is no header', text: `${OK}\r\nno header\r\n\r\n` },
    { what: 'with a folded header', text: `${OK}\r\nX-A: 1\r\n folded\r\n\r\n` },
    { what: 'with a space in a name', text: `${OK}\r\nX-A : 1\r\n\r\n` },
    { what: 'with two lengths', text: `${OK}\r\ncontent-length: 5\r\ncontent-length: 6\r\n\r\n` },
    { what: 'with less than nothing', text: `${OK}\r\ncontent-length: -1\r\n\r\n` },
    { what: 'with a length that is no number', text: `${OK}\r\ncontent-length: 0x5\r\n\r\n` },
    {
      what: 'with a length and chunks',
      text: `${OK}\r\ncontent-length: 5\r\ntransfer-encoding: chunked\r\n\r\n`,
    },
    { what: 'packed on its way', text: `${OK}\r\ntransfer-encoding: gzip, chunked\r\n\r\n` },
    { what: 'sent as it is', text: `${OK}\r\ntransfer-encoding: identity\r\n\r\n` },
    {
      what: 'in chunks before there were any',
      text: 'HTTP/1.0 200 OK\r\ntransfer-encoding: chunked\r\n\r\n',
    },
    {
      what: 'in a chunk without a size',
      text: `${OK}\r\ntransfer-encoding: chunked\r\n\r\nhello\r\n`,
    },
    {
      what: 'in a chunk of an empty size',
      text: `${OK}\r\ntransfer-encoding: chunked\r\n\r\n\r\n`,
    },
    {
      what: 'in a chunk that is longer',
      text: `${OK}\r\ntransfer-encoding: chunked\r\n\r\n2\r\nhello\r\n`,
    },
    {
      what: 'in a chunk without an end',
      text: `${OK}\r\ntransfer-encoding: chunked\r\n\r\nfffffffff\r\n`,
    },
    {
      what: 'larger than any answer',
      text: `${OK}\r\ncontent-length: ${LARGEST_ANSWER + 1}\r\n\r\n`,
    },
    { what: 'with a head without an end', text: `${OK}\r\nx: ${'x'.repeat(17_000)}` },
  ])('$what is refused', ({ text }) => {
    expect(() => read([text])).toThrow(BadReply)
  })

  it('in any chunks and cut anywhere is what was sent', () => {
    const bodies = fc.array(fc.string({ unit: 'binary', minLength: 1, maxLength: 40 }), {
      maxLength: 6,
    })
    fc.assert(
      fc.property(bodies, fc.array(fc.nat(400)), fc.boolean(), (parts, cuts, isChunked) => {
        const bytes = isChunked ? chunked(parts) : counted(parts)
        const reader = createReplyReader()
        let from = 0
        for (const at of [...cuts.sort((a, b) => a - b), bytes.length]) {
          reader.take(bytes.subarray(from, Math.max(from, at)))
          from = Math.max(from, at)
        }
        expect(reader.isDone()).toBe(true)
        expect(reader.hasMore()).toBe(false)
        expect(reader.body()).toEqual(Buffer.from(parts.join('')))
      }),
    )
  })

  it('control: one byte less is not whole, one more is seen', () => {
    const bytes = chunked(['hello', 'there'])
    expect(read([bytes.subarray(0, -1)]).isDone).toBe(false)
    expect(read([Buffer.concat([bytes, Buffer.from('x')])]).hasMore).toBe(true)
  })
})

function chunked(parts: readonly string[]): Buffer {
  const sized = parts.map((part) => {
    const bytes = Buffer.from(part)
    return Buffer.concat([Buffer.from(`${bytes.length.toString(16)}\r\n`), bytes, END_OF_LINE])
  })
  const head = Buffer.from(lines(OK, 'transfer-encoding: chunked', '', ''))
  return Buffer.concat([head, ...sized, Buffer.from('0\r\n\r\n')])
}

function counted(parts: readonly string[]): Buffer {
  const body = Buffer.from(parts.join(''))
  return Buffer.concat([Buffer.from(lines(OK, `content-length: ${body.length}`, '', '')), body])
}

const END_OF_LINE = Buffer.from('\r\n')
