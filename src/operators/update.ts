import { map, type OperatorFunction } from 'rxjs'
import { ClippedDescent, type Optimizer, type Rates, type Update } from '../network/optimizer.ts'
import type { Segment } from '../network/segment.ts'
import type { Backpropagated } from './backward.ts'
import type { Forwarded } from './forward.ts'
import { assertFresh, extended, StageError } from './stages.ts'

export interface Updated {
  /** What the update did; undefined unless this segment closes a window */
  readonly update: Update | undefined
}

/** Anything that makes an update of the gradients: `model.gradient(name)`, `model.read(name)` and `model.write(name)` are what it needs */
export type OwnOptimizer = Pick<Optimizer, 'apply'>

export interface UpdateOptions extends Rates {
  /** The model's own unless given */
  readonly optimizer?: OwnOptimizer | undefined
}

/**
 * Passes segments on; on the one that closes a window, lets the optimizer apply the gradients and clear them. What an optimizer of your own leaves of
 * them is cleared.
 *
 *     source    --s1--s2--S3--------|     a capital closes a window
 *     update()  --s1--s2--(S3, u)--|
 *
 *     gradients$.pipe(update({ learningRate: (updates) => 0.002 / (1 + updates / 1000) }))
 *
 * Errors with StageError for the optimizer of another model and for a gradient that was applied before, and with OptionError for a rate that is not from 0
 * to 10.
 */
export function update<S extends Segment & Forwarded & Backpropagated>(options: OwnOptimizer | UpdateOptions = {}): OperatorFunction<S, S & Updated> {
  const { optimizer, ...rates } = 'apply' in options ? { optimizer: options } : options
  return map((segment) => {
    assertFresh('update', segment)
    return extended(segment, { update: segment.injected > 0 ? apply(segment, optimizer, rates) : undefined })
  })
}

function apply({ activations, offset }: Segment & Forwarded, own: OwnOptimizer | undefined, rates: Rates): Update {
  const { model, tape, version, detached } = activations
  if (own instanceof ClippedDescent && own !== model.optimizer) {
    throw new StageError(
      'update',
      offset,
      'this is the optimizer of another model. Leave the argument out, as in update(): a segment knows its model.',
    )
  }
  if (!detached && !model.hasGradientOf(tape)) {
    throw new StageError('update', offset, 'the gradient was applied before: update stands twice, or several pipelines share one backward.')
  }
  const done = (own ?? model.optimizer).apply(rates)
  if (model.version === version) model.discardGradient()
  return done
}
