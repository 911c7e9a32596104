import type { Archive } from '../archive.ts'

/** Text of a line, or the whole of it, and whether the line is ignored */
export interface Sifted {
  readonly text: string
  readonly ignored: boolean
}

// of a longer line the start decides, so that what is held back has a bound
const LONGEST = 65536

/** Holds each line back to its end to know whether it is ignored. Of a line longer than 65,536 UTF-16 code units the start decides; its rest is not held. */
export class LineSieve {
  readonly #isIgnored: (line: string) => boolean
  #held = ''
  /** What was decided on a line that has not ended */
  #decided: boolean | undefined

  /** The predicate gets a line without its end */
  constructor(isIgnored: (line: string) => boolean) {
    this.#isIgnored = isIgnored
  }

  /** The start of a line that has not ended yet */
  get held(): string {
    return this.#held
  }

  transfer(archive: Archive): void {
    this.#held = archive.text('ignore.held', this.#held, LONGEST)
    const decided = archive.integer('ignore.decided', this.#decided === undefined ? 0 : 1 + Number(this.#decided), 0, 2)
    this.#decided = decided === 0 ? undefined : decided === 2
  }

  *push(text: string): Iterable<Sifted> {
    for (let from = 0, to = 0; from < text.length; from = to) {
      const end = text.indexOf('\n', from) + 1
      to = end === 0 ? text.length : end
      this.#held += text.slice(from, to)
      if (end > 0) yield* this.flush()
      else if (this.#decided !== undefined || this.#held.length > LONGEST) yield this.#release()
    }
  }

  *flush(): Iterable<Sifted> {
    if (this.#held !== '') yield this.#release()
    this.#decided = undefined
  }

  #release(): Sifted {
    const text = this.#held
    this.#decided ??= this.#isIgnored(text.slice(0, LONGEST).replace(/\r?\n$/, ''))
    this.#held = ''
    return { text, ignored: this.#decided }
  }
}
