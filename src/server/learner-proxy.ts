import type { Chunk } from '../text/decoder.ts'
import type { ToLearner } from './messages.ts'

/** The side of a connection that a learner talks to */
export interface Client {
  event(json: string, sent: () => void): void
  settle(length: number): void
  close(code: number, reason: string): void
}

/** The way from a connection to its learner */
export interface Channel {
  frame(chunk: Chunk): void
  gone(): void
}

// characters of JSON that left for a client before its learner knows of them: well below those from which on telemetry waits
const REPORT = 4096

/**
 * Between a connection and its learner's thread. A message from thread to thread takes longer than to learn a character, so frames that come while the learner
 * is at earlier ones of this connection go together, and what left for the client is told along with them.
 */
export class LearnerProxy implements Channel {
  readonly #id: number
  readonly #client: Client
  readonly #post: (message: ToLearner, transfer?: ArrayBuffer[]) => void
  #waiting: (string | Uint8Array<ArrayBuffer>)[] = []
  /** Characters or bytes that the learner was given and has not dealt with */
  #given = 0
  #flushed = 0

  constructor(id: number, client: Client, post: (message: ToLearner, transfer?: ArrayBuffer[]) => void) {
    this.#id = id
    this.#client = client
    this.#post = post
  }

  frame(chunk: Chunk): void {
    // bytes as they come are a view of many more
    this.#waiting.push(typeof chunk === 'string' ? chunk : new Uint8Array(chunk))
    if (this.#given === 0) this.give()
  }

  gone(): void {
    this.give()
    this.#post({ kind: 'gone', id: this.#id })
  }

  /** Gives the learner all that has come */
  give(): void {
    if (this.#waiting.length === 0) return
    const chunks = this.#waiting
    this.#waiting = []
    for (const { length } of chunks) this.#given += length
    const transfer = chunks.flatMap((chunk) => (typeof chunk === 'string' ? [] : [chunk.buffer]))
    this.#post({ kind: 'frames', id: this.#id, chunks, flushed: this.#takeFlushed() }, transfer)
  }

  settle(length: number): void {
    this.#given -= length
    this.#client.settle(length)
    if (this.#given === 0) this.give()
  }

  event(json: string): void {
    this.#client.event(json, () => {
      this.#flushed += json.length
      if (this.#flushed >= REPORT) this.#post({ kind: 'flushed', id: this.#id, length: this.#takeFlushed() })
    })
  }

  close(code: number, reason: string): void {
    this.#client.close(code, reason)
  }

  /** The learner deals with no more of it */
  done(): void {
    const left = this.#waiting.reduce((sum, { length }) => sum + length, this.#given)
    this.#waiting = []
    this.#given = 0
    this.#client.settle(left)
  }

  #takeFlushed(): number {
    const length = this.#flushed
    this.#flushed = 0
    return length
  }
}
