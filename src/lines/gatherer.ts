import type { Archive } from '../archive.ts'
import type { Surprise } from './surprise.ts'

/** A line of the stream, its end included, and what it cost */
export interface Line {
  /** The characters without the line's end (LF or CRLF), the first `keep` of them at the most */
  readonly characters: Int32Array
  /** The bits of each character in `characters` */
  readonly surprise: Float64Array
  /** All bits of the line, its end and what was not kept included */
  readonly bits: number
  /** How many characters those are for */
  readonly length: number
  /** Characters since the start of the stream, this line included */
  readonly offset: number
}

const LINE_FEED = 10
const CARRIAGE_RETURN = 13

/** Characters on their way to a line */
export class LineGatherer {
  readonly #keep: number
  #characters: number[] = []
  #surprise: number[] = []
  #bits = 0
  #length = 0
  #offset = 0
  #last = 0
  #beforeLast = 0

  constructor(keep: number = 65536) {
    this.#keep = keep
  }

  /** Saves or loads the line that is not complete yet */
  transfer(archive: Archive): void {
    const count = (name: string, value: number) => archive.integer(`lines.${name}`, value, 0, Number.MAX_SAFE_INTEGER)
    this.#characters = Array.from(archive.list('lines.characters', Float64Array.from(this.#characters), this.#keep))
    this.#surprise = Array.from(archive.list('lines.surprise', Float64Array.from(this.#surprise), this.#keep))
    this.#bits = archive.real('lines.bits', this.#bits)
    this.#length = count('length', this.#length)
    this.#offset = count('offset', this.#offset)
    this.#last = count('last', this.#last)
    this.#beforeLast = count('beforeLast', this.#beforeLast)
  }

  /** The start of the line that is not complete yet */
  get partial(): { readonly characters: readonly number[]; readonly surprise: readonly number[] } {
    return { characters: this.#characters, surprise: this.#surprise }
  }

  *push({ characters, bits }: Surprise): Iterable<Line> {
    for (let i = 0; i < characters.length; i++) {
      this.#add(characters[i]!, bits[i]!)
      if (characters[i] === LINE_FEED) yield this.#take()
    }
  }

  *flush(): Iterable<Line> {
    if (this.#length > 0) yield this.#take()
  }

  #add(character: number, bits: number): void {
    this.#offset += 1
    this.#length += 1
    this.#bits += bits
    this.#beforeLast = this.#last
    this.#last = character
    if (this.#characters.length === this.#keep) return
    this.#characters.push(character)
    this.#surprise.push(bits)
  }

  #take(): Line {
    const end = this.#length - this.#endLength()
    const line = {
      characters: Int32Array.from(this.#characters.slice(0, end)),
      surprise: Float64Array.from(this.#surprise.slice(0, end)),
      bits: this.#bits,
      length: this.#length,
      offset: this.#offset,
    }
    this.#characters = []
    this.#surprise = []
    this.#bits = 0
    this.#length = 0
    return line
  }

  #endLength(): number {
    if (this.#last !== LINE_FEED) return 0
    return this.#length > 1 && this.#beforeLast === CARRIAGE_RETURN ? 2 : 1
  }
}
