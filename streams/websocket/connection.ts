import type { IncomingMessage } from 'node:http'
import { Observable } from 'rxjs'
import type { RawData, WebSocket } from 'ws'
import { Gate } from '../../src/async.ts'
import type { Chunk } from '../../src/text/decoder.ts'
import { Pace } from '../files/pace.ts'

export interface ConnectionOptions {
  /** Bytes (or characters of text) that may wait to be dealt with before no more is taken */
  readonly incomingLimit?: number
  /**
   * Milliseconds after which a client is sent away (1013) that gave no sign of life, which a pong is too, or read nothing of what waits for it. Default: never.
   */
  readonly idleTimeout?: number | undefined
}

interface OpenedOptions extends ConnectionOptions {
  readonly remoteAddress: string
  /** Called when the client has gone and all that it sent was dealt with, or is not going to be */
  readonly released: () => void
}

const INCOMING_LIMIT = 256 * 1024
// bytes that may wait to be read by the client before no more text of its is dealt with
const OUTGOING_LIMIT = 256 * 1024
const POLICY = 1008
const TRY_AGAIN_LATER = 1013
// pings and pongs of a client within a second: many, between the fragments of a message, would make these hold much more than themselves
const MOST_CONTROLS = 50
// milliseconds that a client which does not read has for its end
const CLOSE_PATIENCE = 1000

/**
 * One WebSocket as a source of text and a sink for events. The socket is paused while more than a quarter of a megabyte waits to be dealt with, and no text is
 * dealt with while that much waits for the client to read it: a client that floods or never reads costs no more than that.
 */
export class Connection {
  /** As the client sent it: nothing is decoded */
  readonly path: string
  readonly query: URLSearchParams
  /** The client's; behind a proxy that is trusted, what this says */
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
  #released: (() => void) | undefined
  /** Pings and pongs in the last second in which there were any */
  #controls = 0
  #second = 0
  #arrived: () => void = () => {}
  /** Shut while too much waits for the client to read it */
  readonly #outgoing = new Gate(() => !this.#open || this.#socket.bufferedAmount <= OUTGOING_LIMIT)

  /** @internal */
  constructor(socket: WebSocket, request: IncomingMessage, { incomingLimit = INCOMING_LIMIT, idleTimeout, remoteAddress, released }: OpenedOptions) {
    const [path = '', ...query] = (request.url ?? '').split('?')
    this.path = path
    this.query = new URLSearchParams(query.join('?'))
    this.remoteAddress = remoteAddress
    this.#released = released
    this.protocol = socket.protocol
    this.#socket = socket
    this.#incomingLimit = incomingLimit
    this.chunks$ = this.#chunks()
    this.frames$ = this.#frames()
    if (idleTimeout !== undefined) {
      this.#idle = setTimeout(() => this.#sendAway(TRY_AGAIN_LATER, `no sign of life for ${idleTimeout / 1000} seconds`), idleTimeout)
    }
    socket.on('message', (data, isBinary) => this.#receive(chunkOf(data, isBinary)))
    for (const control of ['ping', 'pong']) socket.on(control, () => this.#controlled())
    // ws closes a connection after an error; without a listener it would end the process
    socket.on('error', () => {})
    socket.on('close', () => {
      clearTimeout(this.#idle)
      clearTimeout(this.#held)
      this.#held = undefined
      this.#arrived()
      this.#outgoing.check()
      this.#release()
    })
  }

  /** Bytes that wait to be dealt with */
  get queued(): number {
    return this.#queued
  }

  /** Reports that a frame of frames$, or a part of it, of that length was handled */
  settle(length: number): void {
    this.#queued -= length
    this.#lives()
    this.#flow()
    this.#release()
  }

  /** Takes nothing more, and emits no more of frames$, for so many milliseconds */
  hold(milliseconds: number): void {
    clearTimeout(this.#held)
    this.#held = setTimeout(() => {
      this.#held = undefined
      this.#lives()
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
      this.#idle?.refresh()
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
    this.#lives()
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

  /** A client that reads nothing of what waits for it is not alive, whatever it sends */
  #lives(): void {
    if (this.#socket.bufferedAmount === 0) this.#idle?.refresh()
  }

  /** A ping or a pong came */
  #controlled(): void {
    this.#lives()
    const second = Math.floor(performance.now() / 1000)
    this.#controls = second === this.#second ? this.#controls + 1 : 1
    this.#second = second
    if (this.#controls > MOST_CONTROLS && this.#open) this.#sendAway(POLICY, `more than ${MOST_CONTROLS} pings in a second`)
  }

  /** Closes, and does not wait for a client that does not */
  #sendAway(code: number, reason: string): void {
    this.close(code, reason)
    setTimeout(() => this.#socket.terminate(), CLOSE_PATIENCE)
  }

  /** The place of a client that has gone is taken until nothing of its text is left */
  #release(): void {
    if (this.#socket.readyState !== this.#socket.CLOSED || this.#queued > 0) return
    this.#released?.()
    this.#released = undefined
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
    for (const { length } of this.#queue.splice(0)) this.#queued -= length
    this.#release()
    // ws calls back only while the socket flows
    this.#socket.resume()
  }
}

function chunkOf(data: RawData, isBinary: boolean): Chunk {
  const bytes = Array.isArray(data) ? Buffer.concat(data) : data instanceof ArrayBuffer ? new Uint8Array(data) : data
  return isBinary ? bytes : new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes)
}
