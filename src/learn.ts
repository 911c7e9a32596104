import { identity, type MonoTypeOperatorFunction, type Observable, pipe } from 'rxjs'
import type { Chunk } from './text/decoder.ts'
import type { Model } from './network/model.ts'
import type { Segment } from './network/segment.ts'
import { type Backpropagated, backward } from './operators/backward.ts'
import { encode } from './operators/encode.ts'
import { type Forwarded, type ForwardOptions, forward } from './operators/forward.ts'
import { loss, type WithLosses } from './operators/loss.ts'
import { type Predicted, predict } from './operators/predict.ts'
import { assertModel } from './operators/stages.ts'
import { truncate } from './operators/truncate.ts'
import { type Updated, type UpdateOptions, update } from './operators/update.ts'
import { type Weigh, weigh } from './operators/weigh.ts'

export interface ObserveOptions extends ForwardOptions {
  /** A stage of your own right after `loss`, before anything is learned from a segment */
  readonly afterLoss?: MonoTypeOperatorFunction<ScoredSegment> | undefined
}

export interface LearnOptions extends ObserveOptions, UpdateOptions {
  /** Called for each chunk of text: false pauses learning. What is read meanwhile is scored, predicted and the context of what follows; nothing of it is ever learned. */
  readonly when?: (() => boolean) | undefined
  /** By how much each character is to be learned; see `weigh` */
  readonly weigh?: Weigh | undefined
  /**
   * What to do with each segment between its backward pass and its update, when the gradients are there
   * @internal
   */
  readonly backpropagated?: MonoTypeOperatorFunction<BackpropagatedSegment> | undefined
}

/** A segment after `loss` */
export type ScoredSegment = Segment & Forwarded & WithLosses
/** @internal */
export type BackpropagatedSegment = ScoredSegment & Backpropagated
/** What `observe` gives */
export type ObservedSegment = ScoredSegment & Predicted
/** What `learn` gives */
export type LearnedSegment = ObservedSegment & Backpropagated & Updated

/**
 * The whole learner: text in; out come its characters in segments, each scored before it was learned from, with a prediction of what comes next.
 *
 *     text$.pipe(learn(createModel())).subscribe(({ text, bits, prediction }) => ...)
 *
 * A stream that was saved continues with `from`: const { model, stream } = await load(bytes); rest$.pipe(learn(model, { from: stream }))
 *
 * Throws OptionError without a model.
 */
export function learn(model: Model, options: LearnOptions = {}): (text$: Observable<Chunk>) => Observable<LearnedSegment> {
  assertModel('learn', model)
  const { when } = options
  return pipe(
    encode(model.vocabulary, when === undefined ? 'grow' : () => (when() ? undefined : model.symbols)),
    truncate(model.options, options.from, true),
    forward(model, options),
    loss(),
    options.afterLoss ?? identity,
    options.weigh === undefined ? identity : weigh(options.weigh),
    pipe(backward(), options.backpropagated ?? identity),
    update(options),
    predict(),
  )
}

/** The same without learning: scores and predicts, and nothing of the model changes. A character that the model has not read yet is novel. */
export function observe(model: Model, options: ObserveOptions = {}): (text$: Observable<Chunk>) => Observable<ObservedSegment> {
  assertModel('observe', model)
  return pipe(
    encode(model.vocabulary, () => model.symbols),
    truncate(model.options, options.from, true),
    forward(model, options),
    loss(),
    options.afterLoss ?? identity,
    predict(),
  )
}
