import { defer, map, type OperatorFunction, tap } from 'rxjs'
import type { Model } from '../network/model.ts'
import type { Segment } from '../network/segment.ts'
import type { Forwarded } from './forward.ts'
import type { WithLosses } from './loss.ts'
import { assertFresh, assertSameModel, extended, StageError } from './stages.ts'

export interface Backpropagated {
  /** How many losses this segment added to the gradient: 0 unless it closes a window */
  readonly injected: number
}

/**
 * Passes segments on; on the one that closes a window, adds the gradients of all losses since the last update, through `through` steps.
 *
 *     source      --s1--s2--S3--|        a capital closes a window
 *     backward()  --s1--s2--S3--|        the gradient grows at S3
 *
 *     losses$.pipe(backward(), update())
 *
 * It has to get each segment once and as `loss` gave it, and each gradient has to reach `update`. Errors with StageError, which says what did not.
 */
export function backward<S extends Segment & Forwarded & WithLosses>(model?: Model): OperatorFunction<S, S & Backpropagated> {
  return (source) =>
    defer(() => {
      let last: S | undefined
      return source.pipe(
        map((segment) => {
          last = segment
          assertSameModel('backward', segment, model)
          assertFresh('backward', segment)
          assertUnchanged(segment)
          if (!segment.activations.detached) assertInTurn(segment)
          const { activations, closes } = segment
          activations.tape.backpropagated = activations.clock
          return extended(segment, { injected: closes ? activations.model.backward(activations.tape) : 0 })
        }),
        tap({ complete: () => last?.activations.detached === false && assertApplied(last) }),
      )
    })
}

function assertUnchanged({ closes, losses, activations, offset }: Segment & Forwarded & WithLosses): void {
  if (losses !== activations.losses) {
    throw new StageError(
      'backward',
      offset,
      'its losses are not those of loss(). Other numbers there change no gradient: weigh((character, nats) => weight) before backward does.',
    )
  }
  if (closes !== activations.closes) {
    throw new StageError('backward', offset, `closes was ${activations.closes} in forward and is ${closes} here. Leave it as truncate set it.`)
  }
}

function assertInTurn(segment: Segment & Forwarded): void {
  const { tape, clock } = segment.activations
  const missing = clock - 1 - tape.backpropagated
  if (missing > 0) {
    throw new StageError(
      'backward',
      segment.offset,
      `${missing} segments before it did not come: an operator after forward drops them. Drop text before encode, or segments after predict; to learn only some, use weigh.`,
    )
  }
  if (missing < 0) {
    throw new StageError(
      'backward',
      segment.offset,
      'this segment came before: backward stands twice, or several pipelines share one forward. Share what comes after predict.',
    )
  }
  assertApplied(segment)
}

function assertApplied({ activations: { model, tape }, offset }: Segment & Forwarded): void {
  if (!model.hasGradientOf(tape)) return
  throw new StageError(
    'backward',
    offset,
    'the last gradient never reached update: add update() after backward, and drop no segment that closes a window between them.',
  )
}
