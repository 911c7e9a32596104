import { characterName, textOf } from '../text/characters.ts'
import { asapScheduler, auditTime, defer, ignoreElements, map, merge, type Observable, type OperatorFunction, Subject, tap } from 'rxjs'
import type { Explanation } from './explainer.ts'
import type { Observed } from '../learn.ts'
import type { Alphabet } from '../text/vocabulary.ts'
import type { Model } from '../network/model.ts'
import type { Prediction } from '../network/prediction.ts'
import { type Calibrated, type CalibrateOptions, calibrate } from '../operators/calibrate.ts'
import { lines } from '../operators/lines.ts'
import type { Line, LineGatherer } from '../lines/gatherer.ts'
import { score } from '../operators/score.ts'
import { type Stats, stats } from '../operators/stats.ts'
import { surprise } from '../operators/surprise.ts'
import { thin } from '../operators/thin.ts'
import type { Updated } from '../operators/update.ts'

/** What programs read, one JSON object a line or a frame. `offset` counts the characters since the start of the stream. */
export type Event = LineEvent | PredictionEvent | StatsEvent

export type EventType = Event['type']

export const EVENT_TYPES: readonly EventType[] = ['line', 'prediction', 'stats']

export interface LineEvent {
  readonly v: 1
  readonly type: 'line'
  readonly offset: number
  readonly text: string
  readonly bits: number
  readonly bitsPerCharacter: number
  /** How many of the lines before it surprised less, in percent; null while too few are known */
  readonly percentile: number | null
  readonly alert: boolean
  /** Why it is an alert, where that is asked for */
  readonly explain?: Explanation
}

export interface PredictionEvent {
  readonly v: 1
  readonly type: 'prediction'
  readonly offset: number
  readonly next: readonly (readonly [character: string, probability: number])[]
}

export interface StatsEvent extends Stats {
  readonly v: 1
  readonly type: 'stats'
  readonly offset: number
}

export interface EventsOptions extends CalibrateOptions {
  readonly types?: readonly EventType[]
  /** What holds the line that is not complete yet */
  readonly gatherer?: LineGatherer
  /** Gives each line the score that it is ranked by; `score()` unless given, which knows the most of lines and takes the most memory */
  readonly grade?: OperatorFunction<Line, Line & { readonly score: number }>
  /** Is given each line, and explains an alert */
  readonly explain?: (line: Line & Calibrated) => Explanation | undefined
}

/**
 * What a program wants to know of a stream that is learned: every line when it ends; what comes next, once after each burst of characters; and how it
 * is going, once a second and at the end.
 *
 *     text$.pipe(learn(model), events(model, { types: ['line', 'prediction'] }))
 */
export function events(
  model: Model,
  { types = EVENT_TYPES, gatherer, grade = score(), explain, ...calibration }: EventsOptions = {},
): OperatorFunction<Observed & Partial<Updated>, Event> {
  const { alphabet } = model.options
  const sources: Record<EventType, (learned$: Observable<Observed & Partial<Updated>>) => Observable<Event>> = {
    line: (learned$) =>
      learned$.pipe(
        surprise(),
        lines(gatherer && { gatherer }),
        grade,
        calibrate(calibration),
        map((line) => lineEvent(line, textOf(line.characters, alphabet), explain?.(line))),
      ),
    prediction: (learned$) =>
      learned$.pipe(
        auditTime(0, asapScheduler),
        map(({ offset, prediction }) => predictionEvent(offset, prediction, alphabet)),
      ),
    stats: (learned$) => learned$.pipe(stats(model), thin(1000), map(statsEvent)),
  }
  // not `connect`: that would not let a synchronous source go before its end
  return (learned$) =>
    defer(() => {
      const shared = new Subject<Observed & Partial<Updated>>()
      const share = tap<Observed & Partial<Updated>>({ next: (learned) => shared.next(learned), complete: () => shared.complete() })
      return merge(...types.map((type) => sources[type](shared)), learned$.pipe(share, ignoreElements()))
    })
}

export function lineEvent(line: Line & Calibrated, text: string, explain?: Explanation): LineEvent {
  const { offset, bits, length, percentile = null, alert } = line
  return { v: 1, type: 'line', offset, text, bits, bitsPerCharacter: bits / length, percentile, alert, ...(explain && { explain }) }
}

/** The five likeliest characters after `offset` */
export function predictionEvent(offset: number, prediction: Prediction, alphabet: Alphabet): PredictionEvent {
  const next = prediction.top(5).map(([character, probability]) => [characterName(character, alphabet), probability] as const)
  return { v: 1, type: 'prediction', offset, next }
}

export function statsEvent(stats: Stats): StatsEvent {
  return { v: 1, type: 'stats', offset: stats.characters, ...stats }
}
