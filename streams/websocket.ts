import { Observable, type OperatorFunction } from 'rxjs'

/** What a client needs of a WebSocket: browsers have it, Node from version 22; before, take the one of `ws` */
export interface WebSocketLike {
  binaryType: string
  readonly bufferedAmount: number
  send(data: string | Uint8Array): void
  close(code?: number, reason?: string): void
  addEventListener(type: 'open' | 'error', listener: () => void): void
  addEventListener(type: 'message', listener: (event: { readonly data: unknown }) => void): void
  addEventListener(type: 'close', listener: (event: { readonly code: number; readonly reason: string }) => void): void
}

export interface ThroughWebSocketOptions {
  readonly WebSocket?: new (url: string) => WebSocketLike
  /** Milliseconds to wait for further events after the last one, once all text was sent */
  readonly linger?: number
  /** Bytes that may wait to be sent; more is an error, since the server cannot keep up */
  readonly backlog?: number
}

const NORMAL = 1000
const LINGER = 1000
const BACKLOG = 16 * 1024 * 1024

/**
 * Sends text to a learner on a WebSocket server and emits the events that come back: `learn`, elsewhere. The connection is opened by subscribing and
 * closed by unsubscribing. When the text has ended, it stays until no event has come for `linger` milliseconds, then completes; a server that closes
 * before that, or cannot be reached, is an error.
 *
 *     text$.pipe(throughWebSocket('ws://127.0.0.1:8787/v1/learn')).subscribe((event) => ...)
 */
export function throughWebSocket(url: string, options: ThroughWebSocketOptions = {}): OperatorFunction<string | Uint8Array, unknown> {
  const { linger = LINGER, backlog = BACKLOG, WebSocket = globalWebSocket() } = options
  return (text$) =>
    new Observable((subscriber) => {
      const socket = new WebSocket(url)
      let ended = false
      let patience: ReturnType<typeof setTimeout> | undefined
      const waitForMore = () => {
        if (!ended) return
        clearTimeout(patience)
        patience = setTimeout(() => (socket.bufferedAmount > 0 ? waitForMore() : subscriber.complete()), linger)
      }
      const send = (chunk: string | Uint8Array) => {
        socket.send(chunk)
        if (socket.bufferedAmount > backlog) subscriber.error(new Error(`${url} cannot keep up: over ${backlog} bytes wait to be sent; send slower`))
      }
      socket.addEventListener('open', () => {
        subscriber.add(
          text$.subscribe({
            next: send,
            error: (error: unknown) => subscriber.error(error),
            complete: () => {
              ended = true
              waitForMore()
            },
          }),
        )
      })
      socket.addEventListener('message', ({ data }) => {
        subscriber.next(JSON.parse(String(data)))
        waitForMore()
      })
      socket.addEventListener('error', () => subscriber.error(new Error(`cannot reach ${url}: is the server running?`)))
      socket.addEventListener('close', ({ code, reason }) => {
        subscriber.error(new Error(`${url} closed the connection with ${code}${reason === '' ? '' : `: ${reason}`}`))
      })
      return () => {
        clearTimeout(patience)
        socket.close(NORMAL)
      }
    })
}

function globalWebSocket(): new (url: string) => WebSocketLike {
  const { WebSocket } = globalThis as { WebSocket?: new (url: string) => WebSocketLike }
  if (WebSocket === undefined) throw new Error("there is no WebSocket here; give one: throughWebSocket(url, { WebSocket }) with the one of 'ws'")
  return WebSocket
}
