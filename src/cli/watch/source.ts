import { identity, map, type Observable, type OperatorFunction, pipe, tap } from 'rxjs'
import { learn, type Observed, observe, type ScoredSegment } from '../../learn.ts'
import { Muting } from '../../lines/muting.ts'
import type { RecentScores } from '../../lines/recent-scores.ts'
import type { LineScorer } from '../../lines/scorer.ts'
import type { Archive } from '../../archive.ts'
import type { Passage } from '../../text/span.ts'
import { Reader, type ReaderOptions } from '../../text/reader.ts'
import type { Model } from '../../network/model.ts'
import type { StreamState } from '../../network/stream.ts'
import { type Calibrated, calibrate } from '../../operators/calibrate.ts'
import { lines } from '../../operators/lines.ts'
import { type Line, LineGatherer } from '../../lines/gatherer.ts'
import { mute } from '../../operators/mute.ts'
import { learned, passages } from '../../operators/passages.ts'
import { type Graded, score } from '../../operators/score.ts'
import { surprise } from '../../operators/surprise.ts'
import type { Scored } from '../print/bytes.ts'
import { type Explainer, type Explanation } from '../../alerts/explainer.ts'
import { Peaks } from '../../alerts/peaks.ts'
import { type RawLine, RawLines, rawText } from './raw-lines.ts'
import { type Replacement, Replacements } from './replacements.ts'

/** A line that was learned, beside the line as it came */
export interface Shown extends Line, Graded, Calibrated {
  readonly raw: RawLine
  /** The name of its source, where there are several */
  readonly source: string | undefined
  /** What was masked in it */
  readonly replaced: readonly Replacement[]
  /** Of an alert, when it is asked for */
  readonly explanation: Explanation | undefined
}

/** What all sources of a watch share */
export interface Learning {
  readonly model: Model
  readonly frozen: boolean
  /** Also what stands out in a line */
  readonly learnAll: boolean
  readonly reading: ReaderOptions
  readonly alertRate: number
  readonly scorer: LineScorer
  readonly recent: RecentScores
  /** Explains alerts, when that is asked for */
  readonly explainer: Explainer | undefined
}

/** A line that has not ended yet */
export interface PartialLine extends Scored {
  readonly raw: RawLine
  readonly source: string | undefined
  readonly replaced: readonly Replacement[]
  /** The end of it, which is held back: it is not known yet what is to be learned of it */
  readonly held: string
}

/** One stream of text on its way from bytes to lines */
export class Source {
  /** Its name, where there are several */
  readonly name: string | undefined
  readonly #learning: Learning
  readonly #gatherer = new LineGatherer()
  readonly #muting: Muting
  readonly #replacements = new Replacements()
  readonly #peaks: Peaks | undefined
  #raw = new RawLines()
  #reader: Reader

  constructor(name: string | undefined, learning: Learning) {
    this.name = name
    this.#learning = learning
    this.#muting = new Muting({ rate: learning.alertRate })
    this.#reader = new Reader(learning.reading)
    this.#peaks = learning.explainer && new Peaks()
  }

  /** After loading: a character that was not complete will be read again, as its first bytes are no part of what was saved */
  resume(): void {
    if (this.#learning.model.options.alphabet === 'characters') this.#raw.dropIncomplete()
  }

  /** Saves or loads what is between bytes and lines */
  transfer(archive: Archive): void {
    this.#gatherer.transfer(archive)
    this.#muting.transfer(archive)
    this.#reader.transfer(archive)
    this.#raw.transfer(archive)
    this.#replacements.transfer(archive)
    this.#peaks?.transfer(archive)
  }

  /** Forgets the start of the line that has not ended: the text is going to be sent again from its start */
  rewind(): void {
    this.#raw = new RawLines()
    this.#reader = new Reader(this.#learning.reading)
  }

  /** The next line as it came */
  take(): RawLine {
    return this.#raw.take()
  }

  get partial(): PartialLine {
    const { characters, surprise } = this.#gatherer.partial
    return { raw: this.#raw.partial, source: this.name, characters, surprise, replaced: this.#replacements.partial, held: this.#reader.held }
  }

  /** Tells what is to be learned */
  read(): OperatorFunction<Uint8Array, Passage> {
    return pipe(
      tap((bytes) => this.#raw.push(bytes)),
      passages({ reader: this.#reader }),
    )
  }

  /** Learns, or only scores */
  learn(from: StreamState | undefined): OperatorFunction<Passage, Observed> {
    const { model, frozen, learnAll, reading } = this.#learning
    const peaks = this.#peaks
    const masks = reading.mask?.length ?? 0
    const scored = pipe(
      peaks === undefined ? identity<Observable<ScoredSegment>> : tap((segment: ScoredSegment) => peaks.push(segment)),
      learnAll || frozen ? identity<Observable<ScoredSegment>> : mute<ScoredSegment>({ muting: this.#muting }),
    )
    return pipe(
      tap((passage) => {
        if (masks > 0) this.#replacements.push(passage)
      }),
      learned(model.options.alphabet),
      frozen ? observe(model, { from, scored }) : learn(model, { from, scored }),
    )
  }

  /** Ranks the lines */
  lines(): OperatorFunction<Observed, Shown> {
    const { model, alertRate, scorer, recent, explainer } = this.#learning
    return pipe(
      surprise(),
      lines({ gatherer: this.#gatherer }),
      score({ scorer }),
      calibrate({ alertRate, recent }),
      map((line) => {
        const raw = this.take()
        const explanation = this.#peaks && explainer?.next(line, this.#peaks.take(), model.options.alphabet, rawText(raw))
        return { ...line, raw, source: this.name, replaced: this.#replacements.take(), explanation }
      }),
    )
  }
}
