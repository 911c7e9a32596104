import type { Archive } from '../archive.ts'
import { AlertBar } from '../lines/alert-bar.ts'
import { type LineGrade, LineScore } from '../lines/line-score.ts'
import { type LikeVerdicts, type Opinion, type Verdict, Verdicts } from '../lines/verdicts.ts'
import { OptionError } from '../text/option-error.ts'
import type { Alphabet } from '../text/vocabulary.ts'
import type { Blocks } from './blocks.ts'
import { Explainer, type Explanation } from './explainer.ts'
import type { Line } from './ledger.ts'
import { type PlacedReason, reasonOf, Reasons } from './reasons.ts'

export interface GradeOptions {
  /** The share of lines that may be flagged, between 0 and 1: a ceiling, not a quota. Default 0.01. */
  readonly alertRate?: number
  /** Whether severe words (`error`, `failed`, `denied`, ...) raise the score of a line. Default true. */
  readonly severeWords?: boolean
  /** Explains each alert by more than its reason. Default false. */
  readonly explain?: boolean
  /** Verdicts on alerts that are known; those with a `line` count after so many lines. More can follow: see `AlertStream.judge`. */
  readonly verdicts?: readonly Verdict[]
}

/** A line, and how much it stands out among those before it */
export interface GradedLine extends Line {
  /** In bits; 0 is a line that was expected. See `LineScore` and `Verdicts`. */
  readonly score: number
  /** What made the score before verdicts changed it; undefined for a line that is ignored */
  readonly grade: LineGrade | undefined
  /** How many of the lines before it had a lower score, in percent; undefined while too few are known */
  readonly percentile: number | undefined
  readonly alert: boolean
  /** How many more lines have to be known before one can be an alert: 0 after the warm-up */
  readonly warmUp: number
  /** The block of alerts that it belongs to: the offset of its first line. Undefined for other lines. */
  readonly group: number | undefined
  /** What its score had to exceed to be extreme; also during the warm-up, when nothing is flagged */
  readonly floor: number
  /** Why it stands out; undefined unless it is an alert or of the warm-up */
  readonly reason: PlacedReason | undefined
  /** What would have been usual, where that is asked for */
  readonly explanation: Explanation | undefined
  /** By how many bits the word around each learned character surprised beyond what is usual in its place, where that is asked for */
  readonly excess: Float64Array | undefined
  /** What was said of lines like it, of an alert and of an extreme line that scores less for it */
  readonly verdicts: LikeVerdicts | undefined
}

/** A verdict that is new, or `none` to take back the last one on the line */
export interface Judgement extends Pick<Verdict, 'text' | 'score'> {
  readonly verdict: Opinion | 'none'
}

/** Grades each line by the lines before it, of one stream or of several together */
export class Grader {
  readonly #score: LineScore
  readonly #bar: AlertBar
  readonly #reasons = new Reasons()
  /** Whether lines come with their excess */
  findsExcess = false
  readonly #verdicts: Verdicts
  #explainer: Explainer | undefined

  /** Throws OptionError */
  constructor({ alertRate = 0.01, severeWords = true, explain = false, verdicts = [] }: GradeOptions = {}) {
    if (!(alertRate > 0 && alertRate < 1)) throw new OptionError('alertRate', `alertRate is ${alertRate}, but it must be a number between 0 and 1`)
    this.#score = new LineScore({ severeWords })
    this.#bar = new AlertBar({ rate: alertRate })
    this.#verdicts = new Verdicts(verdicts)
    this.explains = explain
  }

  transfer(archive: Archive): void {
    this.#score.transfer(archive)
    this.#bar.transfer(archive)
    this.#reasons.transfer(archive)
    this.#verdicts.transfer(archive)
  }

  /** The verdicts in force, the oldest first */
  get verdicts(): readonly Verdict[] {
    return this.#verdicts.all
  }

  /** Learns what somebody said of a line, or takes back the last verdict on it: lines like it score higher or lower from the next one on */
  judge({ verdict, ...given }: Judgement): void {
    if (verdict === 'none') this.#verdicts.remove(given.text)
    else this.#verdicts.add({ ...given, verdict, line: this.#score.lines })
  }

  /** Whether alerts are explained; what is needed for that is remembered from then on */
  get explains(): boolean {
    return this.#explainer !== undefined
  }

  set explains(explains: boolean) {
    if (explains !== this.explains) this.#explainer = explains ? new Explainer() : undefined
  }

  /** Grades and decides first, then learns; a flagged line teaches nothing of what is usual */
  grade(line: Line, alphabet: Alphabet, blocks: Blocks): GradedLine {
    const { warmUp } = this.#bar
    if (line.ignored) return { ...line, ...NOTHING, warmUp }
    const grade = this.#score.grade(line.characters, line.surprise)
    this.#verdicts.advance(grade.lines)
    const score = this.#verdicts.adjust(line.text, grade.score)
    const decision = this.#bar.judge(score)
    const { alert, floor } = decision
    const wasExtreme = grade.score > floor
    const verdicts = alert || (wasExtreme && score < grade.score) ? this.#verdicts.like(line.text) : undefined
    const isByVerdict = alert && !wasExtreme && verdicts !== undefined
    const found = alert || warmUp > 0 ? this.#reasons.of(line, grade, alphabet) : undefined
    const reason = isByVerdict ? reasonOf(verdicts) : found
    const explanation = alert && reason !== undefined ? this.#explainer?.explain(line, grade, reason, alphabet) : undefined
    const excess = this.findsExcess ? this.#reasons.excess(line, grade) : undefined
    this.#score.learn(alert)
    this.#reasons.learn(line, grade)
    if (!alert) this.#explainer?.learn(line, alphabet)
    return { ...line, score, grade, ...decision, group: blocks.next(alert, line.offset), reason, explanation, excess, verdicts }
  }
}

const NOTHING = {
  score: 0,
  floor: Infinity,
  grade: undefined,
  percentile: undefined,
  alert: false,
  group: undefined,
  reason: undefined,
  explanation: undefined,
  excess: undefined,
  verdicts: undefined,
}
