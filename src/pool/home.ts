import type { SourcePosition } from '../keyed/keyed-learner.ts'
import type { Positioned } from './messages.ts'

/** What a pool knows of a key whose learner is in memory, or about to be: its texts that are not safe yet, in order */
export class Home {
  /** Which thread it is in */
  readonly thread: number
  #kept: Positioned[] = []
  /** How many of them are learned */
  #learned = 0

  constructor(thread: number) {
    this.thread = thread
  }

  get kept(): readonly Positioned[] {
    return this.#kept
  }

  keep(text: Positioned): void {
    this.#kept.push(text)
  }

  /** The text at a position, when it is learned for the first time: a thread that was started again learns some once more */
  learn(position: SourcePosition): Positioned | undefined {
    const next = this.#kept[this.#learned]
    if (next === undefined || !isSame(next.position, position)) return undefined
    this.#learned += 1
    return next
  }

  /** Forgets what is safe up to a position. Returns that, and what of it nobody had told to be learned. */
  forget({ source, at }: SourcePosition): { readonly safe: readonly Positioned[]; readonly untold: readonly Positioned[] } {
    const first = this.#kept.findIndex(({ position }) => position.source !== source || position.at > at)
    const count = first === -1 ? this.#kept.length : first
    const safe = this.#kept.slice(0, count)
    const untold = safe.slice(this.#learned)
    this.#kept = this.#kept.slice(count)
    this.#learned = Math.max(0, this.#learned - count)
    return { safe, untold }
  }
}

function isSame(a: SourcePosition, b: SourcePosition): boolean {
  return a.at === b.at && a.source === b.source
}
