import { map, Subject, tap } from 'rxjs'
import { type LearnerEvent, lineEvent, type PredictionEvent, predictionEvent, type StatsEvent, statsEvent } from '../alerts/events.ts'
import { AlertStream, type AlertOptions, type AlertVerdict, type GradedSegment } from '../alerts/pipeline.ts'
import type { Archive } from '../archive.ts'
import { type GradedLine, Grader } from '../alerts/grader.ts'
import type { ObservedSegment } from '../learn.ts'
import type { Model } from '../network/model.ts'
import type { StreamState } from '../network/stream.ts'
import type { Tape } from '../network/tape.ts'
import { type Stats, stats } from '../operators/stats.ts'
import { thin } from '../operators/thin.ts'
import type { Chunk } from '../text/decoder.ts'
import { DetailTracer } from './detail.ts'
import { Tracer } from './trace.ts'

/** Receives what a stream reports */
export interface Listener {
  /** `line` is the one that an event of a line is about */
  event(event: LearnerEvent, line?: GradedLine): void
  failed(error: unknown): void
}

// milliseconds between two statistics, as those of `events` have
const STATS_APART = 1000

export interface TracedOptions extends AlertOptions {
  /** Whether traces have a `detail`. Default false. */
  readonly details?: boolean
}

/** A text that is learned as it is pushed, and that can be traced */
export class TracedStream {
  readonly tracer: Tracer
  /** Undefined unless traces have details */
  readonly detail: DetailTracer | undefined
  readonly #model: Model
  readonly #grader: Grader
  readonly #alerts: AlertStream
  readonly #text = new Subject<Chunk>()
  #last: ObservedSegment | undefined
  #stats: Stats | undefined

  /** Starts, or resumes from a state with a tape that the caller owns */
  constructor(
    model: Model,
    listener: Listener,
    { details = false, ...options }: TracedOptions,
    from?: { readonly state: StreamState | undefined; readonly tape: Tape },
  ) {
    this.#model = model
    this.#grader = new Grader(options)
    this.#alerts = new AlertStream(model, options, this.#grader)
    this.detail = details ? new DetailTracer(model) : undefined
    this.tracer = new Tracer(model, this.detail)
    this.traced = false
    const segments$ = new Subject<ObservedSegment>()
    segments$
      .pipe(
        stats(model),
        tap((stats) => (this.#stats = stats)),
        thin(STATS_APART),
        map(statsEvent),
      )
      .subscribe({ next: (event) => listener.event(event), error: () => {} })
    const report = ({ segment, lines }: GradedSegment) => {
      for (const line of lines) listener.event(lineEvent(line), line)
      if (segment === undefined) return
      this.#last = segment
      this.tracer.learned(segment)
      segments$.next(segment)
    }
    this.#text
      .pipe(this.#alerts.grade({ afterLoss: this.tracer.scored, backpropagated: this.detail?.backpropagated, from: from?.state, tape: from?.tape }))
      .subscribe({ next: report, error: (error) => listener.failed(error), complete: () => segments$.complete() })
  }

  /** Whether somebody watches: then the stages are traced, and alerts explained */
  set traced(traced: boolean) {
    if (traced === this.tracer.active) return
    this.tracer.active = traced
    this.#alerts.explains = traced
  }

  /** Saves or loads what is known of its lines */
  transfer(archive: Archive): void {
    this.#alerts.transfer(archive)
    this.#grader.transfer(archive)
  }

  /** The last segment that was learned, if any */
  get last(): ObservedSegment | undefined {
    return this.#last
  }

  learn(chunk: Chunk): void {
    this.#text.next(chunk)
  }

  /** Learns what somebody says of one of its last alerts; returns whether it knows it. See `AlertStream.judge`. */
  judge(verdict: AlertVerdict): boolean {
    return this.#alerts.judge(verdict)
  }

  /** What is expected after the last character. Throws before the first one. */
  prediction(): PredictionEvent {
    const { offset, prediction } = this.#last!
    return predictionEvent(offset, prediction, this.#model.options.alphabet)
  }

  /** How it is going. Throws before the first character. */
  stats(): StatsEvent {
    return statsEvent(this.#stats!)
  }

  /** Learns from the last window and frees the stream's state */
  end(): void {
    this.#text.complete()
  }
}
