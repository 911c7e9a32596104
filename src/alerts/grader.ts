import type { Archive } from '../archive.ts'
import { AlertBar } from '../lines/alert-bar.ts'
import { type LineGrade, LineScore } from '../lines/line-score.ts'
import { OptionError } from '../text/option-error.ts'
import type { Alphabet } from '../text/vocabulary.ts'
import { Explainer, type Explanation } from './explainer.ts'
import type { Line } from './ledger.ts'

export interface GradeOptions {
  /** The share of lines that may be flagged, between 0 and 1: a ceiling, not a quota. Default 0.01. */
  readonly alertRate?: number
  /** Whether severe words (`error`, `failed`, `denied`, ...) raise the score of a line. Default true. */
  readonly severeWords?: boolean
  /** Explains each alert. Default false. */
  readonly explain?: boolean
}

/** A line, and how much it stands out among those before it */
export interface GradedLine extends Line {
  /** In bits; 0 is a line that was expected. See `LineScore`. */
  readonly score: number
  /** What made the score; undefined for a line that is ignored */
  readonly grade: LineGrade | undefined
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
  readonly #score: LineScore
  readonly #bar: AlertBar
  #explainer: Explainer | undefined

  /** Throws OptionError */
  constructor({ alertRate = 0.01, severeWords = true, explain = false }: GradeOptions = {}) {
    if (!(alertRate > 0 && alertRate < 1)) throw new OptionError('alertRate', `alertRate is ${alertRate}, but it must be a number between 0 and 1`)
    this.#score = new LineScore({ severeWords })
    this.#bar = new AlertBar({ rate: alertRate })
    this.explains = explain
  }

  transfer(archive: Archive): void {
    this.#score.transfer(archive)
    this.#bar.transfer(archive)
    this.#explainer?.transfer(archive)
  }

  /** Whether alerts are explained; what is needed for that is remembered from then on */
  get explains(): boolean {
    return this.#explainer !== undefined
  }

  set explains(explains: boolean) {
    if (explains !== this.explains) this.#explainer = explains ? new Explainer() : undefined
  }

  /** What a score has to exceed to stand out, however few lines are known */
  get floor(): number {
    return this.#bar.floor
  }

  /** Grades and decides first, then learns; a flagged line teaches nothing of what is usual */
  grade(line: Line, alphabet: Alphabet): GradedLine {
    const { warmUp } = this.#bar
    if (line.ignored) return { ...line, score: 0, grade: undefined, percentile: undefined, alert: false, warmUp, explanation: undefined }
    const grade = this.#score.grade(line.characters, line.surprise)
    const verdict = this.#bar.judge(grade.score)
    this.#score.learn(verdict.alert)
    const explanation = this.#explainer?.next(line, verdict.alert, alphabet)
    return { ...line, score: grade.score, grade, ...verdict, explanation }
  }
}
