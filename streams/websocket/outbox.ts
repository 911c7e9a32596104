import { cutAt } from '../../src/text/unicode.ts'
import { skipCharacters } from '../../src/text/unicode.ts'
import { charactersIn } from '../../src/text/unicode.ts'

/** A piece of a text that is to be sent; `offset` counts the characters before it */
export interface Piece {
  readonly offset: number
  readonly text: string
}

// characters of one message
const LONGEST = 16384

/**
 * A text on its way to a server, held until the server says that it is safe. Offsets count characters (code points); a character that a chunk's edge cuts is
 * put together.
 */
export class Outbox {
  readonly #pieces: (Piece & { readonly end: number })[] = []
  /** Of the pieces, the first that is to be sent */
  #next = 0
  #base = 0
  #end = 0
  #cut = ''

  /** All before it is safe */
  get base(): number {
    return this.#base
  }

  /** Characters that are not safe yet */
  get held(): number {
    return Math.max(0, this.#end - this.#base)
  }

  /** Nothing was put in yet: the text starts at that offset */
  startAt(offset: number): void {
    this.#base = offset
    this.#end = offset
  }

  push(text: string): void {
    const whole = this.#cut + text
    const last = whole.charCodeAt(whole.length - 1)
    const to = last >= 0xd800 && last < 0xdc00 ? whole.length - 1 : whole.length
    this.#cut = whole.slice(to)
    for (let from = 0; from < to; ) {
      const next = cutAt(whole, Math.min(from + LONGEST, to))
      this.#add(whole.slice(from, next))
      from = next
    }
  }

  /** All before that offset is safe, even of what has not been put in yet */
  acknowledge(offset: number): void {
    this.#base = Math.max(this.#base, offset)
    const safe = this.#pieces.findIndex(({ end }) => end > this.#base)
    const count = safe === -1 ? this.#pieces.length : safe
    this.#pieces.splice(0, count)
    this.#next = Math.max(0, this.#next - count)
  }

  /** Sends again from that offset on */
  rewind(offset: number): void {
    const from = this.#pieces.findIndex(({ end }) => end > offset)
    this.#next = from === -1 ? this.#pieces.length : from
  }

  /** The next piece that is to be sent */
  take(): Piece | undefined {
    const piece = this.#pieces[this.#next]
    if (piece === undefined) return undefined
    this.#next += 1
    const passed = Math.max(0, this.#base - piece.offset)
    return { offset: piece.offset + passed, text: skipCharacters(piece.text, passed) }
  }

  #add(text: string): void {
    const offset = this.#end
    const end = offset + charactersIn(text)
    this.#end = end
    if (end <= this.#base) return
    const last = this.#pieces[this.#pieces.length - 1]
    // a trickle that cannot leave yet becomes one message
    if (last !== undefined && this.#next < this.#pieces.length && last.text.length + text.length <= LONGEST) {
      this.#pieces[this.#pieces.length - 1] = { offset: last.offset, text: last.text + text, end }
    } else {
      this.#pieces.push({ offset, text, end })
    }
  }
}
