import type { Archive } from '../archive.ts'
import { CLOCKS, type Clock, CLOCKS_OF_LINE, FAILS, OPEN } from './clocks.ts'
import { type Span, plain } from './span.ts'

// longer than any clock
const LONGEST = 256
/** What may stand before the clock of a line, and how much of it */
const OPENING = `[({<"'|*`
const OPENINGS = 3
const IN_WORD = Array.from({ length: 128 }, (_, code) => /\w/.test(String.fromCharCode(code)))
const OPENS = Array.from({ length: 128 }, (_, code) => OPENING.includes(String.fromCharCode(code)))
const [LINE_FEED, CARRIAGE_RETURN] = [10, 13]

/**
 * Puts one character in the place of a clock: of the time at the start of a line in whatever form, and of a date with its time anywhere. Only what may be
 * the start of one is held back.
 */
export class ClockMask {
  #held = ''
  /** How many opening characters may still come before the clock of the line; 0 when the line has gone past it */
  #openings = OPENINGS
  #inWord = false

  /** What may be the start of a clock */
  get held(): string {
    return this.#held
  }

  transfer(archive: Archive): void {
    this.#held = archive.text('clock.held', this.#held, LONGEST)
    this.#openings = archive.integer('clock.openings', this.#openings, 0, OPENINGS)
    this.#inWord = archive.integer('clock.inWord', Number(this.#inWord), 0, 1) === 1
  }

  *push(part: Span): Iterable<Span> {
    if (part.text === part.learned) {
      const text = this.#held + part.text
      yield* this.#masked(text, text.length)
    } else {
      yield* this.flush()
      yield part
      if (part.learned !== '') this.#openings = 0
      this.#inWord = false
    }
  }

  *flush(): Iterable<Span> {
    // no clock has a line feed, so that with one it is known what the end is
    yield* this.#masked(`${this.#held}\n`, this.#held.length)
  }

  *#masked(text: string, end: number): Iterable<Span> {
    let from = 0
    let at = 0
    while (at < end) {
      const found = this.#inWord ? FAILS : find(this.#openings > 0 ? CLOCKS_OF_LINE : CLOCKS, text, at)
      if (found === OPEN) break
      if (found === FAILS) {
        this.#pass(text.charCodeAt(at++))
        continue
      }
      if (found.from > from) yield plain(text.slice(from, found.from))
      yield { text: text.slice(found.from, found.to), learned: '@' }
      this.#openings = 0
      this.#inWord = true
      from = at = found.to
    }
    if (at > from) yield plain(text.slice(from, at))
    this.#held = text.slice(at, end)
  }

  #pass(character: number): void {
    if (character === LINE_FEED || character === CARRIAGE_RETURN) this.#openings = OPENINGS
    else if (this.#openings > 0) this.#openings = OPENS[character] === true ? this.#openings - 1 : 0
    this.#inWord = IN_WORD[character] === true
  }
}

/** The first clock that starts here */
function find(
  clocks: readonly (readonly Clock[])[],
  text: string,
  at: number,
): { readonly from: number; readonly to: number } | typeof FAILS | typeof OPEN {
  for (const { before, clock, after } of clocks[text.charCodeAt(at)] ?? []) {
    const from = before(text, at)
    const to = from < 0 ? from : clock(text, from)
    const end = to < 0 ? to : after(text, to)
    if (end === OPEN) return OPEN
    if (end !== FAILS) return { from, to }
  }
  return FAILS
}
