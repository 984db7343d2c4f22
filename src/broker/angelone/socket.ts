// One websocket to the order-update stream, from its handshake to its end. It carries texts and says how it
// ended; what they mean, when it is dead and when to try again is for feed.ts. What it says of a failure is
// a code, since the words of an error may repeat what was sent.
import { WebSocket } from 'ws'
import type { Egress } from '../../domain/account.ts'
import type { Secret } from '../../domain/secret.ts'
import { createAgent } from './egress.ts'

export interface SocketEvents {
  opened(): void
  heard(text: string): void
  /** Once, unless it is closed from here first. `status`: what the handshake was refused with. */
  ended(why: string, status: number | null): void
}

export interface StreamSocket {
  /** Says it if anybody is there to hear it. */
  send(text: string): void
  /** At once; after it nothing is told. */
  close(): void
}

export type OpenSocket = (
  to: { readonly url: string; readonly token: Secret; readonly egress: Egress },
  events: SocketEvents,
) => StreamSocket

const LARGEST_FRAME = 1024 * 1024

export const openSocket: OpenSocket = ({ url, token, egress }, events) => {
  const agent = createAgent(url, egress)
  const socket = new WebSocket(url, {
    agent,
    headers: { Authorization: `Bearer ${token.reveal()}` },
    maxPayload: LARGEST_FRAME,
    followRedirects: false,
    perMessageDeflate: false,
  })
  let isOver = false

  function close(): void {
    if (isOver) return
    isOver = true
    socket.terminate()
    agent.destroy()
  }

  function end(why: string, status: number | null = null): void {
    if (isOver) return
    close()
    events.ended(why, status)
  }

  socket.on('open', () => {
    if (!isOver) events.opened()
  })
  socket.on('message', (data) => {
    if (!isOver) events.heard(String(data))
  })
  socket.on('unexpected-response', (_request, response) => {
    const status = response.statusCode ?? 0
    end(`refused with ${status}`, status)
  })
  socket.on('close', (code) => end(`closed with ${code}`))
  // Its message may repeat what was sent; its code does not.
  socket.on('error', (error) => end(`failed with ${'code' in error ? error.code : 'an error'}`))
  return {
    send(text) {
      if (!isOver && socket.readyState === WebSocket.OPEN) socket.send(text)
    },
    close,
  }
}
