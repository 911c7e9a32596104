import type { SampleMessage } from '../../streams/websocket/protocol.ts'
import { cutAt } from '../text/unicode.ts'
import { charactersIn } from '../text/unicode.ts'
import type { Chunk } from '../text/decoder.ts'
import type { Model } from '../network/model.ts'
import { sample } from '../sample.ts'

/** Something that a client asked for, done a little at a time */
export interface Work {
  /** Does a little of it; returns whether it is done */
  turn(): boolean
}

/** Nothing is left to do */
export const DONE: Work = { turn: () => true }

// what is learned in one turn: 4 pieces of 128 characters, or as many as take 4 ms. To continue with another stream costs as much as some 40 characters.
const PIECE = 128
const PIECES = 4
const TURN = 4
// those that are sampled: for each, all symbols are put in order
const SAMPLED = 16

/** Learns a text */
export class TextWork implements Work {
  readonly #chunk: Chunk
  readonly #learn: (piece: Chunk, characters: number) => void
  #at = 0

  /** `learn` is given each piece, and how many characters it has (bytes of a binary frame) */
  constructor(chunk: Chunk, learn: (piece: Chunk, characters: number) => void) {
    this.#chunk = chunk
    this.#learn = learn
  }

  turn(): boolean {
    const start = performance.now()
    for (let pieces = 0; pieces < PIECES && performance.now() - start < TURN; pieces++) {
      if (this.#learnPiece()) return true
    }
    return false
  }

  /** Returns whether it was the last one */
  #learnPiece(): boolean {
    const chunk = this.#chunk
    const end = Math.min(this.#at + PIECE, chunk.length)
    const to = typeof chunk === 'string' ? cutAt(chunk, end) : end
    const piece = chunk.slice(this.#at, to)
    this.#at = to
    this.#learn(piece, typeof piece === 'string' ? charactersIn(piece) : piece.length)
    return to >= chunk.length
  }
}

/** Writes a sample */
export class SampleWork implements Work {
  readonly #sample: Generator<Chunk>
  readonly #done: (text: string) => void
  readonly #decoder = new TextDecoder('utf-8', { ignoreBOM: true })
  #text = ''

  constructor(model: Model, options: SampleMessage, done: (text: string) => void) {
    this.#sample = sample(model, options)
    this.#done = done
  }

  turn(): boolean {
    for (let i = 0; i < SAMPLED; i++) {
      const next = this.#sample.next()
      if (next.done === true) {
        this.#done(this.#text + this.#decoder.decode())
        return true
      }
      this.#text += typeof next.value === 'string' ? next.value : this.#decoder.decode(next.value, { stream: true })
    }
    return false
  }
}
