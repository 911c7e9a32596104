import { identity, type MonoTypeOperatorFunction, type Observable, pipe } from 'rxjs'
import type { Chunk } from './text/decoder.ts'
import type { Model } from './network/model.ts'
import type { Segment } from './network/segment.ts'
import { type Backpropagated, backward } from './operators/backward.ts'
import { encode } from './operators/encode.ts'
import { type Forwarded, type ForwardOptions, forward } from './operators/forward.ts'
import { loss, type Scored } from './operators/loss.ts'
import { type Predicted, predict } from './operators/predict.ts'
import { truncate } from './operators/truncate.ts'
import { type Updated, update } from './operators/update.ts'

export interface LearnOptions extends ForwardOptions {
  /** What to do with each segment once it is scored, before anything is learned from it: muting keeps it from learning what is exceptional */
  readonly scored?: MonoTypeOperatorFunction<ScoredSegment> | undefined
  /**
   * What to do with each segment between its backward pass and its update, when the gradients are there
   * @internal
   */
  readonly backpropagated?: MonoTypeOperatorFunction<BackpropagatedSegment> | undefined
}

export type ScoredSegment = Segment & Forwarded & Scored
/** @internal */
export type BackpropagatedSegment = ScoredSegment & Backpropagated
export type Observed = ScoredSegment & Predicted
export type Learned = Observed & Backpropagated & Updated

/**
 * The whole learner: text in; out come its characters in segments, each scored before it was learned from, with a prediction of what comes next.
 *
 *     text$.pipe(learn(createModel())).subscribe(({ losses, prediction }) => ...)
 *
 * A stream that was saved continues with `from`: const { model, stream } = await load(bytes); rest$.pipe(learn(model, { from: stream }))
 */
export function learn(model: Model, options?: LearnOptions): (text$: Observable<Chunk>) => Observable<Learned> {
  return pipe(
    encode(model.vocabulary),
    truncate(model.options, options?.from),
    forward(model, options),
    loss(),
    options?.scored ?? identity,
    backward(model),
    options?.backpropagated ?? identity,
    update(model.optimizer),
    predict(model),
  )
}

/** The same without learning: scores and predicts, and nothing of the model changes. A character that the model has not read yet is novel. */
export function observe(model: Model, options?: LearnOptions): (text$: Observable<Chunk>) => Observable<Observed> {
  return pipe(
    encode(model.vocabulary, () => model.symbols),
    truncate(model.options, options?.from),
    forward(model, options),
    loss(),
    options?.scored ?? identity,
    predict(model),
  )
}
