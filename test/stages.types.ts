/*
 * What TypeScript says of the order of the stages: nothing here runs. `npm run types` fails when a line that is marked compiles after all.
 */
import { type Observable, tap } from 'rxjs'
import {
  type Backpropagated,
  backward,
  type LearnerEvent,
  encode,
  events,
  forward,
  type LearnedSegment,
  type LineEvent,
  learn,
  loss,
  type Model,
  predict,
  type Surprise,
  type StatsEvent,
  stats,
  surprise,
  truncate,
  update,
  type WithLosses,
} from 'rxrnn'

declare const model: Model
declare const text$: Observable<string>
declare const bytes$: Observable<Uint8Array>
declare const numbers$: Observable<number>

const segments$ = text$.pipe(encode(model.vocabulary), truncate(model.options))
const forwarded$ = segments$.pipe(forward(model))
const scored$ = forwarded$.pipe(loss())

export const inOrder: Observable<LearnedSegment> = scored$.pipe(backward(), update(), predict())
export const withArguments: Observable<LearnedSegment> = scored$.pipe(backward(model), update(model.optimizer), predict(model))
export const fromText: Observable<LearnedSegment> = text$.pipe(learn(model))
export const fromBytes: Observable<LearnedSegment> = bytes$.pipe(learn(model))
export const withTaps: Observable<WithLosses & Backpropagated> = forwarded$.pipe(
  tap(({ characters }) => characters.length),
  loss(),
  tap(({ losses }) => losses.length),
  backward(model),
)
export const surprised: Observable<Surprise> = scored$.pipe(surprise())
export const reported: Observable<LearnerEvent> = text$.pipe(events(model))
export const lines: Observable<LineEvent> = text$.pipe(events(model, { types: ['line'] }))
export const linesAndStats: Observable<LineEvent | StatsEvent> = text$.pipe(events(model, { types: ['line', 'stats'] }))

export const wrong: readonly unknown[] = [
  // @ts-expect-error -- numbers are no text
  numbers$.pipe(encode(model.vocabulary)),
  // @ts-expect-error -- text has no symbols yet
  text$.pipe(truncate(model.options)),
  // @ts-expect-error -- runs are not cut yet
  text$.pipe(encode(model.vocabulary), forward(model)),
  // @ts-expect-error -- nothing was computed to score
  segments$.pipe(loss()),
  // @ts-expect-error -- nothing was scored to send back
  forwarded$.pipe(backward(model)),
  // @ts-expect-error -- nothing was sent back to learn from
  scored$.pipe(update(model.optimizer)),
  // @ts-expect-error -- a segment has no tape before forward
  segments$.pipe(predict(model)),
  // @ts-expect-error -- an update before the gradients
  scored$.pipe(update(model.optimizer), backward(model)),
  // @ts-expect-error -- a surprise before the loss
  forwarded$.pipe(surprise()),
  // @ts-expect-error -- statistics before the loss
  forwarded$.pipe(stats(model)),
  // @ts-expect-error -- events read text
  scored$.pipe(events(model)),
  // @ts-expect-error -- there is no such event
  events(model, { types: ['lines'] }),
  // @ts-expect-error -- a truncation needs both lengths
  truncate({ every: 25 }),
]
