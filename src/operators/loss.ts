import { map, type OperatorFunction } from 'rxjs'
import type { Segment } from '../network/segment.ts'
import type { Forwarded } from './forward.ts'
import { assertFresh } from './stale.ts'

export interface Scored {
  /** The cross-entropy of each character, in nats, before anything was learned from it */
  readonly losses: Float64Array
}

/**
 * Scores each character: -ln of the probability it was given, plus ln 1114112 for a novel one, so that the sum is an honest code length.
 *
 *     source  --s1--------s2--------|
 *     loss()  --(s1, l1)--(s2, l2)--|
 *
 *     activations$.pipe(loss())
 */
export function loss<S extends Segment & Forwarded>(): OperatorFunction<S, S & Scored> {
  return map((segment) => {
    const { activations } = segment
    assertFresh(activations)
    return { ...segment, losses: activations.model.losses(activations.tape, activations.first, activations.to) }
  })
}
