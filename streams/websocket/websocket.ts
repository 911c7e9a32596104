import { Observable, type OperatorFunction } from 'rxjs'
import { globalWebSocket, type WebSocketConstructor } from './websocket-like.ts'

export type { Backoff } from './backoff.ts'
export { RemoteLearner, type RemoteLearnerOptions } from './remote-learner.ts'
export type { WebSocketConstructor, WebSocketLike } from './websocket-like.ts'

export interface ThroughWebSocketOptions {
  readonly WebSocket?: WebSocketConstructor
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
