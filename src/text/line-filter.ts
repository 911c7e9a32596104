import type { Archive } from '../archive.ts'

/** Text of a line, and whether the line is ignored */
export interface Filtered {
  readonly text: string
  readonly ignored: boolean
  /** How much of the text is the start of the line, which decides: 0 in the rest of a long line */
  readonly start: number
}

// of a longer line the start decides, so that what is held back has a bound
const LONGEST = 65536

/** Holds each line back to its end to know whether it is ignored. Of a line longer than 65,536 UTF-16 code units the start decides; its rest is not held. */
export class LineFilter {
  readonly #isIgnored: (line: string) => boolean
  #held: string[] = []
  #heldLength = 0
  /** What was decided on a line that has not ended */
  #decided: boolean | undefined

  /** The predicate gets a line without its end */
  constructor(isIgnored: (line: string) => boolean) {
    this.#isIgnored = isIgnored
  }

  /** The start of a line that has not ended yet */
  get held(): string {
    return this.#held.join('')
  }

  transfer(archive: Archive): void {
    this.#hold(archive.text('ignore.held', this.held, LONGEST))
    const decided = archive.integer('ignore.decided', this.#decided === undefined ? 0 : 1 + Number(this.#decided), 0, 2)
    this.#decided = decided === 0 ? undefined : decided === 2
  }

  /** Text within a line, and whether the line ends with it; gives what is decided now, which may be nothing */
  push(text: string, ends: boolean): Filtered {
    this.#held.push(text)
    this.#heldLength += text.length
    if (!ends && this.#decided === undefined && this.#heldLength <= LONGEST) return { text: '', ignored: false, start: 0 }
    const released = this.held
    this.#hold('')
    const start = this.#decided === undefined ? Math.min(released.length, LONGEST) : 0
    // Stryker disable next-line Regex: there is one line feed at most, at the end
    const ignored = this.#decided ?? this.#isIgnored(released.slice(0, start).replace(/\r?\n$/, ''))
    this.#decided = ends ? undefined : ignored
    return { text: released, ignored, start }
  }

  #hold(text: string): void {
    this.#held = [text]
    this.#heldLength = text.length
  }
}
