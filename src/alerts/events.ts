import {
  asapScheduler,
  auditTime,
  concatMap,
  connect,
  defer,
  EMPTY,
  endWith,
  ignoreElements,
  map,
  merge,
  type Observable,
  filter,
  type OperatorFunction,
  pipe,
  Subject,
  takeUntil,
  tap,
  type TimestampProvider,
} from 'rxjs'
import type { Observed } from '../learn.ts'
import type { Model } from '../network/model.ts'
import type { Prediction } from '../network/prediction.ts'
import { assertModel } from '../operators/stages.ts'
import { type Stats, stats } from '../operators/stats.ts'
import { thin } from '../operators/thin.ts'
import type { Updated } from '../operators/update.ts'
import { characterName } from '../text/characters.ts'
import type { Chunk } from '../text/decoder.ts'
import { OptionError } from '../text/option-error.ts'
import type { Alphabet } from '../text/vocabulary.ts'
import type { Explanation } from './explainer.ts'
import type { GradedLine } from './grader.ts'
import type { Reason } from './reasons.ts'
import { AlertStream, type AlertOptions, type AlertVerdict, type Graded } from './pipeline.ts'
import type { LikeVerdicts } from '../lines/verdicts.ts'

/** What programs read, one JSON object per line or a frame. `offset` counts the characters since the start of the stream. */
export type LearnerEvent = LineEvent | PredictionEvent | StatsEvent

export type EventType = LearnerEvent['type']

export const EVENT_TYPES: readonly EventType[] = ['line', 'prediction', 'stats']

export interface LineEvent {
  readonly v: 1
  readonly type: 'line'
  readonly offset: number
  readonly text: string
  readonly bits: number
  readonly bitsPerCharacter: number
  /** How much the line stands out, in bits: alerts can be ranked by it */
  readonly score: number
  /** How many of the lines before it surprised less, in percent; null while too few are known */
  readonly percentile: number | null
  readonly alert: boolean
  /** Of an alert, the `offset` of the first line of its block: alerts that follow each other closely are one */
  readonly group?: number
  /** Why it is an alert */
  readonly reason?: Reason
  /** What was said of lines like it, of an alert and of an extreme line that scores less for it */
  readonly verdicts?: LikeVerdicts
  /** Characters at the end of a long line that `text` is without */
  readonly cut?: number
  /** What would have been usual, where that is asked for */
  readonly explain?: Explanation
}

/** A line that stands out, and why */
export interface Alert extends LineEvent {
  readonly alert: true
  readonly reason: Reason
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

export interface EventsOptions<Type extends EventType = EventType> extends AlertOptions {
  /** Which events there are; all of them unless given */
  readonly types?: readonly Type[]
  /** What says when a second is over; a monotonic clock unless given. It only has `now()`, in milliseconds, as every scheduler of RxJS. */
  readonly scheduler?: TimestampProvider
  /** What a person says of the last alerts, from when it arrives; what is said of an unknown one changes nothing */
  readonly verdicts$?: Observable<AlertVerdict>
}

type Segments = Observed & Partial<Updated>

/**
 * What a program wants to know of a stream that is learned: every line when it ends; what comes next, once after each burst of characters; and how it
 * is going, once a second and at the end.
 *
 *     text$.pipe(events(createModel(), { types: ['line', 'prediction'] }))
 *
 * Throws OptionError.
 */
export function events<Type extends EventType = EventType>(
  model: Model,
  options?: EventsOptions<Type>,
): OperatorFunction<Chunk, Extract<LearnerEvent, { readonly type: Type }>>
export function events(
  model: Model,
  { types = EVENT_TYPES, verdicts$ = EMPTY, scheduler = performance, ...options }: EventsOptions = {},
): OperatorFunction<Chunk, LearnerEvent> {
  assertModel('events', model)
  const unknown = types.find((type) => !EVENT_TYPES.includes(type))
  if (unknown !== undefined) throw new OptionError('types', `types has ${unknown}, but it must be some of ${EVENT_TYPES.join(', ')}`)
  return (text$) =>
    defer(() => {
      const alerts = new AlertStream(model, options)
      const graded$ = text$.pipe(alerts.grade())
      // not `connect`: that would not release a synchronous source before its end
      const segments$ = new Subject<Segments>()
      const share = tap<Graded>({
        next: ({ segment }) => segment && segments$.next(segment),
        complete: () => segments$.complete(),
      })
      const lines$ = graded$.pipe(
        share,
        concatMap(({ lines }) => (types.includes('line') ? lines.filter(({ ignored }) => !ignored).map(lineEvent) : [])),
      )
      const judged$ = verdicts$.pipe(
        tap((verdict) => alerts.judge(verdict)),
        ignoreElements(),
        takeUntil(segments$.pipe(ignoreElements(), endWith(undefined))),
      )
      return merge(judged$, segments$.pipe(segmentEvents(model, types, scheduler)), lines$)
    })
}

/**
 * Only the lines that stand out, as `events` gives them. As there, the text comes with its line ends: a source of lines without them needs
 * `map((line) => line + '\n')` before it.
 *
 *     source         --'job 1 st'--'arted\n'--'job fa'--'iled\n'--|
 *     alerts(model)  -------------------------------------line---|
 *
 *     text$.pipe(alerts(createModel(), { explain: true })).subscribe(({ text, score, reason }) => ...)
 *
 * Throws OptionError.
 */
export function alerts(model: Model, options?: Omit<EventsOptions, 'types'>): OperatorFunction<Chunk, Alert> {
  return pipe(
    events(model, { ...options, types: ['line'] }),
    filter((line): line is Alert => line.alert),
  )
}

/** The events of segments that were learned: those of lines are made from lines */
export function segmentEvents(
  model: Model,
  types: readonly EventType[],
  scheduler: TimestampProvider = performance,
): OperatorFunction<Segments, PredictionEvent | StatsEvent> {
  const { alphabet } = model.options
  const predictions = pipe(
    auditTime<Segments>(0, asapScheduler),
    map(({ offset, prediction }) => predictionEvent(offset, prediction, alphabet)),
  )
  const statistics = pipe(stats<Segments>(model, { scheduler }), thin(1000, scheduler), map(statsEvent))
  return connect((segments$) =>
    merge(types.includes('prediction') ? segments$.pipe(predictions) : EMPTY, types.includes('stats') ? segments$.pipe(statistics) : EMPTY),
  )
}

export function lineEvent(line: GradedLine): LineEvent {
  const { offset, text, bits, length, score, percentile = null, alert, group, reason, cut, explanation, verdicts } = line
  return {
    v: 1,
    type: 'line',
    offset,
    text,
    bits,
    bitsPerCharacter: length === 0 ? 0 : bits / length,
    score,
    percentile,
    alert,
    ...(group !== undefined && { group }),
    ...(alert && reason && { reason: { cause: reason.cause, text: reason.text } }),
    ...(verdicts && { verdicts }),
    ...(cut > 0 && { cut }),
    ...(explanation && { explain: explanation }),
  }
}

/** The five likeliest characters after `offset` */
export function predictionEvent(offset: number, prediction: Prediction, alphabet: Alphabet): PredictionEvent {
  const next = prediction.top(5).map(([character, probability]) => [characterName(character, alphabet), probability] as const)
  return { v: 1, type: 'prediction', offset, next }
}

export function statsEvent(stats: Stats): StatsEvent {
  return { v: 1, type: 'stats', offset: stats.characters, ...stats }
}
