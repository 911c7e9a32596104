import { map, type OperatorFunction } from 'rxjs'
import type { Optimizer, Update } from '../network/optimizer.ts'
import type { Segment } from '../network/segment.ts'
import type { Backpropagated } from './backward.ts'
import type { Forwarded } from './forward.ts'
import { assertFresh } from './stale.ts'

export interface Updated {
  /** What the update did; undefined unless this segment closes a window */
  readonly update: Update | undefined
}

/**
 * Passes segments on; on the one that closes a window, lets the optimizer apply the gradients and clear them.
 *
 *     source             --s1--s2--S3--------|     a capital closes a window
 *     update(optimizer)  --s1--s2--(S3, u)--|
 *
 *     gradients$.pipe(update(model.optimizer))
 */
export function update<S extends Segment & Forwarded & Backpropagated>(optimizer: Optimizer): OperatorFunction<S, S & Updated> {
  return map((segment) => {
    assertFresh(segment.activations)
    return { ...segment, update: segment.injected > 0 ? optimizer.apply() : undefined }
  })
}
