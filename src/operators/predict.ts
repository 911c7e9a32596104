import { map, type OperatorFunction } from 'rxjs'
import type { Model } from '../network/model.ts'
import type { Prediction } from '../network/prediction.ts'
import type { Segment } from '../network/segment.ts'
import type { Forwarded } from './forward.ts'
import { assertFresh, assertSameModel, extended } from './stages.ts'

export interface Predicted {
  /** The distribution over the character after the last one that arrived */
  readonly prediction: Prediction
}

/**
 * Looks one character ahead, with the parameters just updated. The step it takes stays on the tape, where the next forward pass finds it.
 *
 *     source     --s1--------s2--------|
 *     predict()  --(s1, p1)--(s2, p2)--|
 *
 *     updates$.pipe(predict())
 */
export function predict<S extends Segment & Forwarded>(model?: Model): OperatorFunction<S, S & Predicted> {
  return map((segment) => {
    assertSameModel('predict', segment, model)
    assertFresh('predict', segment, 'any parameters')
    const { activations, next } = segment
    return extended(segment, { prediction: activations.model.lookAhead(activations.tape, next) })
  })
}
