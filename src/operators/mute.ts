import { defer, type MonoTypeOperatorFunction, tap } from 'rxjs'
import { Muting } from '../lines/muting.ts'
import type { Segment } from '../network/segment.ts'
import type { Forwarded } from './forward.ts'
import type { Scored } from './loss.ts'
import { assertFresh } from './stale.ts'

export interface MuteOptions {
  /** The share of lines to mute, between 0 and 1 */
  readonly rate?: number
  /** What is known of the lines so far: to save it, and to go on from what was saved. Each subscription has its own unless given. */
  readonly muting?: Muting
}

/**
 * Keeps a model from learning what is exceptional: what is left of a line once it has surprised more than all but a share of the lines do in all. Such a
 * line is scored like any other. When exceptional lines go on coming they are learned after some of them, and become normal.
 *
 *     source  --s1--s2--s3--|
 *     mute()  --s1--s2--s3--|        the losses of what is muted in them are left out when their window closes
 *
 *     losses$.pipe(mute(), backward(model))
 */
export function mute<S extends Segment & Forwarded & Scored>({ rate, muting: given }: MuteOptions = {}): MonoTypeOperatorFunction<S> {
  return (source) =>
    defer(() => {
      const muting = given ?? new Muting(rate === undefined ? {} : { rate })
      return source.pipe(
        tap(({ characters, losses, activations }) => {
          assertFresh(activations)
          const { tape, first } = activations
          for (let i = 0; i < characters.length; i++) if (muting.push(characters[i]!, losses[i]!)) tape.muted[first + i] = 1
        }),
      )
    })
}
