import type { IncomingMessage } from 'node:http'
import { Observable } from 'rxjs'
import type { RawData, WebSocket } from 'ws'
import { type Chunk, Pace } from './pace.ts'

// bytes that may wait to be learned or to be read by the client before this side stops taking more
const QUEUE_LIMIT = 256 * 1024
const OUTGOING_LIMIT = 256 * 1024

/**
 * One WebSocket as a source of text and a sink for events. The socket is paused while more than a quarter of a megabyte waits to be dealt with, and no text is
 * dealt with while that much waits for the client to read it: a client that floods or never reads costs no more than that.
 */
export class Connection {
  readonly path: string
  readonly query: URLSearchParams
  readonly remoteAddress: string
  /** What the client sends: text frames are strings, binary frames bytes. Completes when the client has gone, after all that had arrived. One subscriber. */
  readonly chunks$: Observable<Chunk>
  readonly #socket: WebSocket
  #queue: Chunk[] = []
  #queued = 0
  #arrived: () => void = () => {}
  #drained: () => void = () => {}

  constructor(socket: WebSocket, request: IncomingMessage) {
    const url = new URL(request.url ?? '/', 'ws://localhost')
    this.path = url.pathname
    this.query = url.searchParams
    this.remoteAddress = request.socket.remoteAddress ?? ''
    this.#socket = socket
    this.chunks$ = this.#chunks()
    socket.on('message', (data, isBinary) => this.#receive(chunkOf(data, isBinary)))
    // ws closes a connection after an error; without a listener it would end the process
    socket.on('error', () => {})
    socket.on('close', () => {
      this.#arrived()
      this.#drained()
    })
  }

  /** Bytes that wait to be dealt with */
  get queued(): number {
    return this.#queued
  }

  /** Sends an event as a text frame of JSON; does nothing when the client has gone */
  send(event: object): void {
    if (this.#open) this.#socket.send(JSON.stringify(event), () => this.#afterSend())
  }

  close(code: number, reason: string): void {
    this.#socket.close(code, reason)
  }

  get #open(): boolean {
    return this.#socket.readyState === this.#socket.OPEN
  }

  #receive(chunk: Chunk): void {
    this.#queue.push(chunk)
    this.#queued += chunk.length
    if (this.#queued > QUEUE_LIMIT) this.#socket.pause()
    this.#arrived()
  }

  #chunks(): Observable<Chunk> {
    return new Observable((subscriber) => {
      const pace = new Pace({ ready: () => this.#ready() })
      const pump = async () => {
        while (!subscriber.closed) {
          const chunk = this.#queue.shift()
          if (chunk !== undefined) {
            await pace.deliver(
              chunk.length,
              (from, to) => subscriber.next(chunk.slice(from, to)),
              () => subscriber.closed,
            )
            this.#queued -= chunk.length
            if (this.#queued <= QUEUE_LIMIT && this.#socket.isPaused) this.#socket.resume()
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
        this.#queue = []
        // ws calls back only while the socket flows
        this.#socket.resume()
      }
    })
  }

  #ready(): Promise<void> | undefined {
    if (!this.#open || this.#socket.bufferedAmount <= OUTGOING_LIMIT) return undefined
    return new Promise((resolve) => (this.#drained = resolve))
  }

  #afterSend(): void {
    if (this.#socket.bufferedAmount <= OUTGOING_LIMIT) this.#drained()
  }
}

function chunkOf(data: RawData, isBinary: boolean): Chunk {
  const bytes = Array.isArray(data) ? Buffer.concat(data) : data instanceof ArrayBuffer ? new Uint8Array(data) : data
  return isBinary ? bytes : new TextDecoder().decode(bytes)
}
