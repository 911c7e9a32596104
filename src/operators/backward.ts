import { map, type OperatorFunction } from 'rxjs'
import type { Model } from '../network/model.ts'
import type { Segment } from '../network/segment.ts'
import type { Forwarded } from './forward.ts'
import type { Scored } from './loss.ts'
import { assertFresh } from './stale.ts'

export interface Backpropagated {
  /** How many losses this segment added to the gradient: 0 unless it closes a window */
  readonly injected: number
}

/**
 * Passes segments on; on the one that closes a window, adds the gradients of all losses since the last update, through `through` steps.
 *
 *     source           --s1--s2--S3--|        a capital closes a window
 *     backward(model)  --s1--s2--S3--|        the gradient grows at S3
 *
 *     losses$.pipe(backward(model))
 */
export function backward<S extends Segment & Forwarded & Scored>(model: Model): OperatorFunction<S, S & Backpropagated> {
  return map((segment) => {
    assertFresh(segment.activations)
    return { ...segment, injected: segment.closes ? model.backward(segment.activations.tape) : 0 }
  })
}
