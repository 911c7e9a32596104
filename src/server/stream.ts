import { map, share, Subject, tap } from 'rxjs'
import { type Event, events, type PredictionEvent, predictionEvent, type StatsEvent, statsEvent } from '../alerts/events.ts'
import { type Learned, learn } from '../learn.ts'
import { RecentScores } from '../lines/recent-scores.ts'
import type { Chunk } from '../text/decoder.ts'
import type { Model } from '../network/model.ts'
import type { StreamState } from '../network/stream.ts'
import type { Tape } from '../network/tape.ts'
import { type Line, LineGatherer } from '../lines/gatherer.ts'
import { type Stats, stats } from '../operators/stats.ts'
import { thin } from '../operators/thin.ts'
import { Tracer } from '../inspect/trace.ts'

/** Told of what a stream has to say */
export interface Listener {
  event(event: Event): void
  failed(error: unknown): void
}

// characters of a line that its event shows, so that a line without an end stays small
const LONGEST_LINE = 4096
// milliseconds between two events of how it is going, as those of `events` have
const STATS_APART = 1000

/** Lines are ranked by the squared bits of their characters alone: `score()` knows more, and would take 0.4 MB a stream, more than all the rest of it */
const grade = map((line: Line) => ({ ...line, score: line.surprise.reduce((sum, bits) => sum + bits * bits, 0) }))

/** A text that is learned as it comes: the pipeline of `learn`, to be fed by hand */
export class Stream {
  readonly gatherer: LineGatherer = new LineGatherer(LONGEST_LINE)
  readonly recent: RecentScores = new RecentScores()
  /** Asleep until somebody wants to look on */
  readonly tracer: Tracer
  readonly #model: Model
  readonly #text = new Subject<Chunk>()
  #last: Learned | undefined
  #stats: Stats | undefined

  /** Starts, or goes on from a place with a tape that somebody else holds */
  constructor(model: Model, listener: Listener, from?: { readonly state: StreamState | undefined; readonly tape: Tape }) {
    this.#model = model
    this.tracer = new Tracer(model)
    this.tracer.active = false
    const learned$ = this.#text.pipe(
      learn(model, { scored: this.tracer.scored, from: from?.state, tape: from?.tape }),
      tap((learned) => {
        this.#last = learned
        this.tracer.learned(learned)
      }),
      share(),
    )
    learned$
      .pipe(
        events(model, {
          types: ['line'],
          gatherer: this.gatherer,
          grade,
          recent: this.recent,
          explain: (line) => this.tracer.explain(line),
        }),
      )
      .subscribe({ next: (event) => listener.event(event), error: (error) => listener.failed(error) })
    learned$
      .pipe(
        stats(model),
        tap((stats) => (this.#stats = stats)),
        thin(STATS_APART),
        map(statsEvent),
      )
      .subscribe({ next: (event) => listener.event(event), error: () => {} })
  }

  /** The last segment that was learned, if any */
  get last(): Learned | undefined {
    return this.#last
  }

  learn(chunk: Chunk): void {
    this.#text.next(chunk)
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
