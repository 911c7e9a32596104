import { defer, finalize, map, type OperatorFunction } from 'rxjs'
import type { Activations, Model } from '../network/model.ts'
import type { Segment } from '../network/segment.ts'
import type { StreamState } from '../network/stream.ts'
import type { Tape } from '../network/tape.ts'

export interface Forwarded {
  readonly activations: Activations
}

export interface ForwardOptions {
  /**
   * What happens when a later stage sees a segment after the model or the tape has moved on: `refuse` (the default) makes it an error, `allow` gives
   * every segment a copy of its own, so that late gradients are computed from what the forward pass saw.
   */
  readonly stale?: 'refuse' | 'allow'
  /** Where a saved stream continues, at each subscription; a new stream starts unless given */
  readonly from?: StreamState | undefined
  /**
   * A tape that somebody else holds, to save it at any time: it is resumed where it stands, and not freed at the end. One subscription at a time.
   * @internal
   */
  readonly tape?: Tape | undefined
}

/**
 * Runs the network over each segment, carrying the hidden state from one to the next; the state is born at subscription and freed at its end.
 *
 *     source          --s1--------s2--------|
 *     forward(model)  --(s1, a1)--(s2, a2)--|     a: the activations, kept on a tape for the last `through` steps
 *
 *     segments$.pipe(forward(model))
 */
export function forward<S extends Segment>(model: Model, options: ForwardOptions = {}): OperatorFunction<S, S & Forwarded> {
  return (source) =>
    defer(() => {
      let { tape } = options
      return source.pipe(
        map((segment) => {
          tape ??= model.tape(segment.truncation, options.from)
          const activations = model.forward(tape, segment)
          return { ...segment, activations: options.stale === 'allow' ? { ...activations, tape: tape.copy(), detached: true } : activations }
        }),
        finalize(() => {
          if (tape !== options.tape) tape?.free()
        }),
      )
    })
}
