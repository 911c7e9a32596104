import type { ScoredSegment } from '../learn.ts'
import type { Alphabet } from '../text/vocabulary.ts'
import type { Calibrated } from '../operators/calibrate.ts'
import type { Line } from '../lines/gatherer.ts'
import { Explainer, type Explanation } from './explainer.ts'
import { Peaks } from './peaks.ts'

/** Explains the alerts of a stream from somewhere in it on */
export class Explaining {
  readonly #peaks = new Peaks()
  readonly #explainer = new Explainer()
  readonly #alphabet: Alphabet
  /** The start of the first line was not seen, as far as can be told */
  #isFirst = true

  constructor(alphabet: Alphabet) {
    this.#alphabet = alphabet
  }

  scored(segment: ScoredSegment): void {
    this.#peaks.push(segment)
  }

  /** To be called with every line, when its segment was scored */
  line(line: Line & Calibrated): Explanation | undefined {
    const explanation = this.#explainer.next(line, this.#peaks.take(), this.#alphabet)
    if (!this.#isFirst) return explanation
    this.#isFirst = false
    return undefined
  }
}
