import type { IncomingMessage } from 'node:http'
import { Observable } from 'rxjs'
import type { RawData, WebSocket } from 'ws'
import { Gate } from '../../src/async.ts'
import type { Chunk } from '../../src/text/decoder.ts'
import { Pace } from '../files/pace.ts'

export interface ConnectionOptions {
  /** Bytes (or characters of text) that may wait to be dealt with before no more is taken */
  readonly incomingLimit?: number
  /** Milliseconds without a frame after which a client that is not held back is sent away (1008). Default: never. */
  readonly idleTimeout?: number | undefined
}

const INCOMING_LIMIT = 256 * 1024
// bytes that may wait to be read by the client before no more text of its is dealt with
const OUTGOING_LIMIT = 256 * 1024
const POLICY = 1008

/**
 * One WebSocket as a source of text and a sink for events. The socket is paused while more than a quarter of a megabyte waits to be dealt with, and no text is
 * dealt with while that much waits for the client to read it: a client that floods or never reads costs no more than that.
 */
export class Connection {
  readonly path: string
  readonly query: URLSearchParams
  readonly remoteAddress: string
  /** The subprotocol that was agreed on; empty if none was */
  readonly protocol: string
  /** What the client sends: text frames are strings, binary frames bytes. Completes when the client has gone, after all that had arrived. One subscriber. */
  readonly chunks$: Observable<Chunk>
  /** The same frame by frame as they arrive, each of which waits to be dealt with until `settle` is told its length. One subscriber, instead of chunks$. */
  readonly frames$: Observable<Chunk>
  readonly #socket: WebSocket
  readonly #incomingLimit: number
  #queue: Chunk[] = []
  #queued = 0
  #held: ReturnType<typeof setTimeout> | undefined
  readonly #idle: ReturnType<typeof setTimeout> | undefined
  #arrived: () => void = () => {}
  /** Shut while too much waits for the client to read it */
  readonly #outgoing = new Gate(() => !this.#open || this.#socket.bufferedAmount <= OUTGOING_LIMIT)

  constructor(socket: WebSocket, request: IncomingMessage, { incomingLimit = INCOMING_LIMIT, idleTimeout }: ConnectionOptions = {}) {
    const url = new URL(request.url ?? '/', 'ws://localhost')
    this.path = url.pathname
    this.query = url.searchParams
    this.remoteAddress = request.socket.remoteAddress ?? ''
    this.protocol = socket.protocol
    this.#socket = socket
    this.#incomingLimit = incomingLimit
    this.chunks$ = this.#chunks()
    this.frames$ = this.#frames()
    if (idleTimeout !== undefined) this.#idle = setTimeout(() => this.#sendAwayIfIdle(idleTimeout), idleTimeout)
    socket.on('message', (data, isBinary) => this.#receive(chunkOf(data, isBinary)))
    // ws closes a connection after an error; without a listener it would end the process
    socket.on('error', () => {})
    socket.on('close', () => {
      clearTimeout(this.#idle)
      clearTimeout(this.#held)
      this.#held = undefined
      this.#arrived()
      this.#outgoing.check()
    })
  }

  /** Bytes that wait to be dealt with */
  get queued(): number {
    return this.#queued
  }

  /** Reports that a frame of frames$, or a part of it, of that length was handled */
  settle(length: number): void {
    this.#queued -= length
    this.#flow()
  }

  /** Takes nothing more, and emits no more of frames$, for so many milliseconds */
  hold(milliseconds: number): void {
    clearTimeout(this.#held)
    this.#held = setTimeout(() => {
      this.#held = undefined
      this.#flow()
      this.#arrived()
    }, milliseconds)
    this.#flow()
  }

  /** Sends an event as a text frame of JSON; does nothing when the client has gone */
  send(event: object): void {
    this.sendText(JSON.stringify(event))
  }

  /** Sends a text frame; `sent` is called when the system has taken it, or the client has gone */
  sendText(text: string, sent: () => void = () => {}): void {
    if (!this.#open) return sent()
    this.#socket.send(text, () => {
      this.#outgoing.check()
      sent()
    })
  }

  close(code: number, reason: string): void {
    this.#socket.close(code, reason)
    // a paused socket would not see that the client closes, too
    this.#flow()
  }

  get #open(): boolean {
    return this.#socket.readyState === this.#socket.OPEN
  }

  #receive(chunk: Chunk): void {
    if (!this.#open) return
    this.#idle?.refresh()
    this.#queue.push(chunk)
    this.#queued += chunk.length
    this.#flow()
    this.#arrived()
  }

  /** Pauses or resumes the socket */
  #flow(): void {
    const paused = this.#open && (this.#queued > this.#incomingLimit || this.#held !== undefined)
    if (paused && !this.#socket.isPaused) this.#socket.pause()
    else if (!paused && this.#socket.isPaused) this.#socket.resume()
  }

  #sendAwayIfIdle(idleTimeout: number): void {
    if (this.#socket.isPaused || this.#queued > 0) this.#idle?.refresh()
    else this.close(POLICY, `nothing was sent for ${idleTimeout / 1000} seconds`)
  }

  #chunks(): Observable<Chunk> {
    return new Observable((subscriber) => {
      const pace = new Pace({ ready: () => this.#outgoing.ready() })
      const pump = async () => {
        while (!subscriber.closed) {
          const chunk = this.#queue.shift()
          if (chunk !== undefined) {
            await pace.deliver(
              chunk.length,
              (from, to) => subscriber.next(chunk.slice(from, to)),
              () => subscriber.closed,
            )
            this.settle(chunk.length)
          } else if (this.#socket.readyState === this.#socket.CLOSED) {
            return subscriber.complete()
          } else {
            await new Promise<void>((resolve) => (this.#arrived = resolve))
          }
        }
      }
      pump().catch((error: unknown) => subscriber.error(error))
      return () => {
        this.#arrived()
        this.#abandon()
      }
    })
  }

  #frames(): Observable<Chunk> {
    return new Observable((subscriber) => {
      this.#arrived = () => {
        // more may have come in one packet before the socket was paused
        while (this.#held === undefined && this.#queue.length > 0) subscriber.next(this.#queue.shift()!)
        if (this.#queue.length === 0 && this.#socket.readyState === this.#socket.CLOSED) subscriber.complete()
      }
      this.#arrived()
      return () => this.#abandon()
    })
  }

  #abandon(): void {
    this.#queue = []
    // ws calls back only while the socket flows
    this.#socket.resume()
  }
}

function chunkOf(data: RawData, isBinary: boolean): Chunk {
  const bytes = Array.isArray(data) ? Buffer.concat(data) : data instanceof ArrayBuffer ? new Uint8Array(data) : data
  return isBinary ? bytes : new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes)
}
