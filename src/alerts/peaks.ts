import type { ScoredSegment } from '../learn.ts'
import type { Archive } from '../archive.ts'
import { NOVEL } from '../text/vocabulary.ts'
import type { Prediction } from '../network/prediction.ts'

/** The character of a line that surprised most */
export interface Peak {
  /** Its place among the learned characters of the line, from 0 */
  readonly at: number
  readonly character: number
  readonly isNovel: boolean
  readonly nats: number
  /** What was expected in its place */
  readonly prediction: Prediction
}

const LINE_FEED = 10

/** The peak of each line, kept until it is known whether it is needed. A prediction is copied only where a character surprises more than those before it. */
export class Peaks {
  readonly #whole: (Peak | undefined)[] = []
  #peak: Peak | undefined
  /** Characters of the line that has not ended yet */
  #column = 0

  /** Saves or loads how far the line is that has not ended; its peak is looked for in the rest of it after that */
  transfer(archive: Archive): void {
    if (archive.has('peaks.column')) this.#column = archive.integer('peaks.column', this.#column, 0, Number.MAX_SAFE_INTEGER)
  }

  push(segment: ScoredSegment): void {
    const { characters } = segment
    for (let from = 0, to = 0; from < characters.length; from = to) {
      const end = characters.indexOf(LINE_FEED, from) + 1
      to = end === 0 ? characters.length : end
      this.#see(segment, from, to)
      if (end > 0) this.#whole.push(this.#finish())
    }
  }

  /** That of the oldest line that was not taken yet */
  take(): Peak | undefined {
    return this.#whole.length > 0 ? this.#whole.shift() : this.#finish()
  }

  #see({ characters, targets, losses, activations }: ScoredSegment, from: number, to: number): void {
    let highest = from
    for (let i = from + 1; i < to; i++) if (losses[i]! > losses[highest]!) highest = i
    const nats = losses[highest]!
    if (this.#peak === undefined || nats > this.#peak.nats) {
      this.#peak = {
        at: this.#column + highest - from,
        character: characters[highest]!,
        isNovel: targets[highest] === NOVEL && activations.model.options.alphabet !== 'bytes',
        nats,
        prediction: activations.model.expectation(activations.tape, activations.first + highest),
      }
    }
    this.#column += to - from
  }

  #finish(): Peak | undefined {
    const peak = this.#peak
    this.#peak = undefined
    this.#column = 0
    return peak
  }
}
