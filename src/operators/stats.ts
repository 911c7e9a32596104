import { defer, map, type OperatorFunction, type TimestampProvider } from 'rxjs'
import type { Model } from '../network/model.ts'
import type { Segment } from '../network/segment.ts'
import type { WithLosses } from './loss.ts'
import { assertModel } from './stages.ts'
import type { Updated } from './update.ts'

export interface Stats {
  readonly characters: number
  /** Prequential: every character was scored before it was learned from. `recent` forgets over about 2,000 characters. */
  readonly bitsPerCharacter: { readonly overall: number; readonly recent: number }
  readonly charactersPerSecond: number
  readonly updates: number
  /** Of the last update that was applied, before clipping */
  readonly gradientNorm: number
  /** Of the next update */
  readonly learningRate: number
  /** Windows that were not learned from because a loss or the gradient was not finite */
  readonly dropped: number
  /** How often the parameters went back to where they last were good */
  readonly rollbacks: number
  /** Symbols */
  readonly vocabulary: number
}

export interface StatsOptions {
  /** A clock in milliseconds, as every scheduler of RxJS has one; a monotonic one unless given */
  readonly scheduler?: TimestampProvider
}

const MEMORY = 2000

/**
 * How it is going, after each segment.
 *
 *     source        --s1--s2--|
 *     stats(model)  --n1--n2--|
 *
 *     text$.pipe(learn(model), stats(model), throttleTime(1000))
 */
export function stats<S extends Segment & WithLosses & Partial<Updated>>(
  model: Model,
  { scheduler = performance }: StatsOptions = {},
): OperatorFunction<S, Stats> {
  assertModel('stats', model)
  return (source) =>
    defer(() => {
      const start = scheduler.now()
      let bits = 0
      let recent = 0
      let gradientNorm = 0
      let characters = 0
      return source.pipe(
        map((segment) => {
          for (const nats of segment.losses) {
            characters += 1
            const surprise = nats / Math.LN2
            bits += surprise
            recent += (surprise - recent) / Math.min(characters, MEMORY)
          }
          if (segment.update?.applied === true) gradientNorm = segment.update.gradientNorm
          const { learningRate, dropped, rollbacks } = model.optimizer
          return {
            characters,
            bitsPerCharacter: { overall: characters === 0 ? 0 : bits / characters, recent },
            charactersPerSecond: (1000 * characters) / Math.max(scheduler.now() - start, 1),
            updates: model.version,
            gradientNorm,
            learningRate,
            dropped,
            rollbacks,
            vocabulary: model.vocabulary.size,
          }
        }),
      )
    })
}
