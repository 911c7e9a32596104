import { concat, concatMap, defer, EMPTY, finalize, identity, map, merge, type Observable, of, type OperatorFunction, pipe, Subject, tap } from 'rxjs'
import type { Archive } from '../archive.ts'
import { type LearnOptions, learn, type ObservedSegment, observe, type ScoredSegment } from '../learn.ts'
import { Muting } from '../lines/muting.ts'
import type { Model } from '../network/model.ts'
import type { Updated } from '../operators/update.ts'
import type { Chunk } from '../text/decoder.ts'
import { DEFAULT_MASK } from '../text/mask.ts'
import { Reader, type ReaderOptions } from '../text/reader.ts'
import type { Excerpt } from '../text/span.ts'
import { chunkOf } from '../text/characters.ts'
import { isHighSurrogate } from '../text/unicode.ts'
import { Blocks } from './blocks.ts'
import { Grader, type GradedLine, type GradeOptions } from './grader.ts'
import { RecentAlerts } from './recent-alerts.ts'
import type { Opinion, Verdict } from '../lines/verdicts.ts'
import { Ledger, type Line, type LineSoFar } from './ledger.ts'

export interface AlertOptions extends GradeOptions, Omit<ReaderOptions, 'alphabet'> {
  /** Learns also what stands out; otherwise the rest of a line that stands out is not learned, unless such lines keep coming. Default false. */
  readonly learnAll?: boolean
  /** Only scores, and changes nothing of the model. Default false. */
  readonly frozen?: boolean
  /** How much of a line is kept, in characters. Default 65,536. */
  readonly longestLine?: number
  /**
   * Keeps the bytes of each line. Default false.
   * @internal
   */
  readonly keepBytes?: boolean
}

/** A segment once it was learned, and the lines that ended in it; lines of which nothing is learned come without a segment */
export interface GradedSegment {
  readonly segment: (ObservedSegment & Partial<Updated>) | undefined
  readonly lines: readonly GradedLine[]
}

/** What somebody says of an alert, which is named by the offset of its event; `none` takes back what was said */
export interface AlertVerdict {
  readonly offset: number
  readonly verdict: Opinion | 'none'
}

/** A line that has not ended yet */
export interface PartialLine extends LineSoFar {
  /** The end of it, which is held back: it is not known yet what is to be learned of it */
  readonly held: string
}

/**
 * One stream of text on its way to alerts. This is the only way there: every command, operator and server grades lines with it.
 *
 *     text$.pipe(new AlertStream(model).grade()).subscribe(({ segment, lines }) => ...)
 */
export class AlertStream {
  readonly #model: Model
  readonly #grader: Grader
  readonly #options: AlertOptions
  readonly #reader: Reader
  readonly #ledger: Ledger
  readonly #muting: Muting | undefined
  /** The first half of a surrogate pair at the end of what was read: it is learned when its character is known, so that no later stage has to hold it */
  #highSurrogate = ''
  readonly #blocks = new Blocks()
  readonly #recent = new RecentAlerts()

  /** Streams that share a grader are ranked among each other. Throws OptionError. */
  constructor(model: Model, options: AlertOptions = {}, grader: Grader = new Grader(options)) {
    const { mask = DEFAULT_MASK, maskRanges, ignore, alertRate, learnAll = false, frozen = false, longestLine = 65536, keepBytes = false } = options
    this.#model = model
    this.#grader = grader
    this.#options = options
    this.#reader = new Reader({ alphabet: model.options.alphabet, mask, maskRanges, ignore })
    this.#ledger = new Ledger({ longestLine, keepBytes, alphabet: model.options.alphabet, findPeaks: grader.explains })
    this.#muting = learnAll || frozen ? undefined : new Muting(alertRate === undefined ? {} : { rate: alertRate })
  }

  /** Saves or loads what lies between two chunks, but not the grader */
  transfer(archive: Archive): void {
    this.#reader.transfer(archive)
    this.#ledger.transfer(archive)
    this.#muting?.transfer(archive)
    const unit = archive.integer('alerts.highSurrogate', this.#highSurrogate === '' ? 0 : this.#highSurrogate.charCodeAt(0), 0, 0xdbff)
    this.#highSurrogate = unit === 0 ? '' : String.fromCharCode(unit)
    this.#blocks.transfer(archive)
    this.#recent.transfer(archive)
  }

  /** After loading, where the source will send the bytes of an incomplete character again */
  dropIncomplete(): void {
    if (this.#model.options.alphabet === 'characters') this.#ledger.dropIncomplete()
  }

  /** Whether alerts are explained, from the line on that begins next */
  set explains(explains: boolean) {
    this.#grader.explains = explains
    this.#ledger.findPeaks = explains
  }

  /** The line that has not ended yet */
  get partial(): PartialLine {
    return { ...this.#ledger.partial, held: this.#reader.held }
  }

  /**
   * Learns what somebody says of one of the last 100 alerts (an extreme line that verdicts made score less is one of them): lines like it score higher or
   * lower from the next line on. Returns whether it knows an alert with that offset.
   */
  judge({ offset, verdict }: AlertVerdict): boolean {
    const alert = this.#recent.find(offset)
    if (alert !== undefined) this.#grader.judge({ verdict, text: alert.text, score: alert.score })
    return alert !== undefined
  }

  /** The verdicts in force, the oldest first */
  get verdicts(): readonly Verdict[] {
    return this.#grader.verdicts
  }

  /**
   * Learns a text and grades its lines. `beforeEnd` is called when all of the text is learned: then the stream can still be saved, with a line that has no
   * end, so that a stream which resumes from there continues that line. One subscription at a time.
   */
  grade({ beforeEnd = () => {}, ...options }: LearnOptions & { readonly beforeEnd?: () => void } = {}): OperatorFunction<Chunk, GradedSegment> {
    return (text$) =>
      defer(() => {
        const unlearned$ = new Subject<GradedSegment>()
        const learned$ = text$.pipe(this.#read(unlearned$), this.#learn(options, beforeEnd))
        return merge(unlearned$, learned$.pipe(finalize(() => unlearned$.complete())))
      })
  }

  /** Chunks to what is learned of them; lines of which nothing is learned go to `unlearned$` */
  #read(unlearned$: Subject<GradedSegment>): OperatorFunction<Chunk, Chunk> {
    const record = (excerpts: Iterable<Excerpt>, isLast: boolean): Observable<Chunk> => {
      let learned = this.#highSurrogate
      for (const excerpt of excerpts) {
        this.#ledger.read(excerpt)
        learned += excerpt.learned
      }
      const end = !isLast && this.#endsWithinCharacter(learned) ? learned.length - 1 : learned.length
      this.#highSurrogate = learned.slice(end)
      learned = learned.slice(0, end)
      if (learned !== '') return of(chunkOf(learned, this.#model.options.alphabet))
      const lines = this.#graded()
      if (lines.length > 0) unlearned$.next({ segment: undefined, lines })
      return EMPTY
    }
    return (text$) =>
      concat(
        text$.pipe(concatMap((chunk) => record(this.#reader.push(chunk), false))),
        defer(() => record(this.#reader.flush(), true)),
      )
  }

  #endsWithinCharacter(text: string): boolean {
    return this.#model.options.alphabet === 'characters' && isHighSurrogate(text.charCodeAt(text.length - 1))
  }

  #learn(options: LearnOptions, beforeEnd: () => void): OperatorFunction<Chunk, GradedSegment> {
    const afterLoss = pipe(
      tap<ScoredSegment>((segment) => this.#ledger.scored(segment, this.#muting)),
      options.afterLoss ?? identity,
    )
    const learnOrObserve: OperatorFunction<Chunk, ObservedSegment & Partial<Updated>> =
      this.#options.frozen === true ? observe(this.#model, { ...options, afterLoss }) : learn(this.#model, { ...options, afterLoss })
    return pipe(
      learnOrObserve,
      tap({ complete: beforeEnd }),
      map((segment) => ({ segment, lines: this.#graded() })),
      (graded$) =>
        concat(
          graded$,
          defer(() => this.#end()),
        ),
    )
  }

  #end(): Observable<GradedSegment> {
    this.#ledger.flush()
    const lines = this.#graded()
    return lines.length === 0 ? EMPTY : of({ segment: undefined, lines })
  }

  #graded(): readonly GradedLine[] {
    return this.#ledger.take().map((line: Line) => {
      const graded = this.#grader.grade(line, this.#model.options.alphabet, this.#blocks)
      this.#recent.add(graded)
      return graded
    })
  }
}
