import { map, type OperatorFunction } from 'rxjs'
import type { Segment } from '../network/segment.ts'
import type { Forwarded } from './forward.ts'
import { assertFresh, extended } from './stages.ts'

/** What each character cost before anything was learned from it: the cross-entropy */
export interface WithLosses {
  /** In nats, as gradients are computed from it */
  readonly losses: Float64Array
  /** In bits, as people read it */
  readonly bits: readonly number[]
}

/**
 * Scores each character: -ln of the probability it was given, plus ln 1114112 for a novel one, so that the sum is an honest code length.
 *
 *     source  --s1--------s2--------|
 *     loss()  --(s1, l1)--(s2, l2)--|
 *
 *     activations$.pipe(loss())
 */
export function loss<S extends Segment & Forwarded>(): OperatorFunction<S, S & WithLosses> {
  return map((segment) => {
    const { activations } = segment
    assertFresh('loss', segment)
    const losses = activations.model.losses(activations.tape, activations.first, activations.to)
    activations.losses = losses
    return extended(segment, { losses, bits: bitsOf(losses) })
  })
}

function bitsOf(losses: Float64Array): readonly number[] {
  // the rule on a trickle: an array that grows by `push` has room for 17
  if (losses.length === 1) return [losses[0]! / Math.LN2]
  const bits: number[] = []
  for (const nats of losses) bits.push(nats / Math.LN2)
  return bits
}
