import { defer, finalize, map, type OperatorFunction, tap } from 'rxjs'
import { Learner } from './learner.ts'
import type { Model } from './network/model.ts'
import type { Prediction } from './network/prediction.ts'
import type { StreamState } from './network/stream.ts'
import { assertModel } from './operators/stages.ts'
import type { Chunk } from './text/decoder.ts'

export interface LearnEachOptions<T> {
  /** Whether a value is learned; another one is scored and is the context of what follows. All are unless given. */
  readonly when?: ((value: T) => boolean) | undefined
  /** Where a saved stream continues, at each subscription; a new stream starts unless given */
  readonly from?: StreamState | undefined
}

/** A value, and what its text cost */
export interface LearnedValue<T> {
  readonly value: T
  /** Characters since the start of the stream, this value's included */
  readonly offset: number
  /** What its text cost before it was learned */
  readonly bits: number
  readonly bitsPerCharacter: number
  /** The distribution over the character after it */
  readonly prediction: Prediction
}

/**
 * Learns the text of each value, and gives one result for each, at once: `map` for values with a text. Its errors are those of the source and of `project`.
 *
 *     source                   --a-----b-----|
 *     learnEach(model, textOf) --(a,5)-(b,3)-|     the value, with what its text cost in bits
 *
 *     messages$.pipe(learnEach(model, ({ text }) => `${text}\n`)).subscribe(({ value, bits }) => show(value.author, bits))
 *
 * Throws OptionError without a model.
 */
export function learnEach<T>(
  model: Model,
  project: (value: T, index: number) => Chunk,
  { when = () => true, from }: LearnEachOptions<T> = {},
): OperatorFunction<T, LearnedValue<T>> {
  assertModel('learnEach', model)
  return (source) =>
    defer(() => {
      let learner: Learner | undefined
      return source.pipe(
        map((value, index) => {
          learner ??= new Learner(model, from)
          const chunk = project(value, index)
          const losses = when(value) ? learner.learn(chunk) : learner.observe(chunk)
          const bits = losses.reduce((sum, nats) => sum + nats, 0) / Math.LN2
          const bitsPerCharacter = losses.length === 0 ? 0 : bits / losses.length
          return { value, offset: learner.offset, bits, bitsPerCharacter, prediction: learner.predict() }
        }),
        tap({ complete: () => void learner?.end() }),
        finalize(() => learner?.dispose()),
      )
    })
}
