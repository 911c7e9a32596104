import { map, type MonoTypeOperatorFunction } from 'rxjs'
import type { Segment } from '../network/segment.ts'
import { characterName } from '../text/characters.ts'
import { OptionError } from '../text/option-error.ts'
import type { Forwarded } from './forward.ts'
import type { WithLosses } from './loss.ts'
import { assertFresh } from './stages.ts'

/** By how much a character is to be learned: 1 as ever, 0 not at all. A byte beyond ASCII is given as \xNN. */
export type Weigh = (character: string, nats: number) => number

/**
 * Lets some characters be learned less, or not at all: their gradients are multiplied by a weight. It stands between `loss` and `backward`. What is not
 * learned is context all the same.
 *
 *     source    --(s1, l1)--(s2, l2)--|
 *     weigh(f)  --(s1, l1)--(s2, l2)--|     backward multiplies the gradient of each loss by its weight
 *
 *     losses$.pipe(weigh((character) => (/\d/.test(character) ? 0 : 1)), backward(), update())
 *
 * A loss of your own, g(nats), is learned with its derivative g'(nats) as the weight. Errors with OptionError for a weight that is not a number from 0.
 */
export function weigh<S extends Segment & Forwarded & WithLosses>(weightOf: Weigh): MonoTypeOperatorFunction<S> {
  return map((segment) => {
    assertFresh('weigh', segment)
    const { characters, losses, activations } = segment
    const { first, model, tape } = activations
    for (let i = 0; i < characters.length; i++) {
      const weight = weightOf(characterName(characters[i]!, model.options.alphabet), losses[i]!)
      if (!(weight >= 0 && weight < Infinity)) throw new OptionError('weigh', `weigh returned ${weight}, but a weight must be a number from 0`)
      tape.weights[first + i]! *= weight
    }
    return segment
  })
}
