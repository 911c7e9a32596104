import type { Archive } from '../archive.ts'
import { RecentScores } from '../lines/recent-scores.ts'
import { LineScorer } from '../lines/scorer.ts'
import { OptionError } from '../text/option-error.ts'
import type { Alphabet } from '../text/vocabulary.ts'
import { Explainer, type Explanation } from './explainer.ts'
import type { Line } from './ledger.ts'

export interface GradeOptions {
  /** The share of lines to flag, between 0 and 1. Default 0.01. */
  readonly alertRate?: number
  /** Explains each alert. Default false. */
  readonly explain?: boolean
}

/** A line, and how much it stands out among those before it */
export interface GradedLine extends Line {
  readonly score: number
  /** How many of the lines before it had a lower score, in percent; undefined while too few are known */
  readonly percentile: number | undefined
  readonly alert: boolean
  /** How many more lines have to be known before one can be an alert: 0 after the warm-up */
  readonly warmUp: number
  /** Why it is an alert, where that is asked for */
  readonly explanation: Explanation | undefined
}

/** What is known of the lines of a stream, or of several streams together; it grades each line by what came before it */
export class Grader {
  readonly #scorer = new LineScorer()
  readonly #recent: RecentScores
  #explainer: Explainer | undefined

  /** Throws OptionError */
  constructor({ alertRate = 0.01, explain = false }: GradeOptions = {}) {
    if (!(alertRate > 0 && alertRate < 1)) throw new OptionError('alertRate', `alertRate is ${alertRate}, but it must be a number between 0 and 1`)
    this.#recent = new RecentScores({ rate: alertRate })
    this.explains = explain
  }

  transfer(archive: Archive): void {
    this.#scorer.transfer(archive)
    this.#recent.transfer(archive)
    this.#explainer?.transfer(archive)
  }

  /** Whether alerts are explained; what is needed for that is remembered from then on */
  get explains(): boolean {
    return this.#explainer !== undefined
  }

  set explains(explains: boolean) {
    if (explains !== this.explains) this.#explainer = explains ? new Explainer() : undefined
  }

  grade(line: Line, alphabet: Alphabet): GradedLine {
    const { warmUp } = this.#recent
    if (line.ignored) return { ...line, score: 0, percentile: undefined, alert: false, warmUp, explanation: undefined }
    const { score } = this.#scorer.push(line.characters, line.surprise)
    const percentile = this.#recent.percentile(score)
    const alert = this.#recent.add(score)
    const explanation = this.#explainer?.next(line, alert, alphabet)
    return { ...line, score, percentile, alert, warmUp, explanation }
  }
}
