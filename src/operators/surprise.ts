import { map, type OperatorFunction } from 'rxjs'
import type { Segment } from '../network/segment.ts'
import type { WithLosses } from './loss.ts'

/** Characters and what each of them cost */
export interface Surprise {
  /** Code points, or bytes with the alphabet `bytes` */
  readonly characters: Int32Array
  /** The surprise of each character, in bits: -log2 of the probability it was given */
  readonly bits: Float64Array
  /** Characters since the start of the stream, these included */
  readonly offset: number
}

/**
 * What surprised: of each scored segment, its characters with their bits. The empty segment that closes a stream gives nothing to look at, but is
 * passed on like any other.
 *
 *     source      --(s1, l1)--(s2, l2)--|
 *     surprise()  --(c1, b1)--(c2, b2)--|
 *
 *     text$.pipe(learn(model), surprise())
 */
export function surprise<S extends Segment & WithLosses>(): OperatorFunction<S, Surprise> {
  return map(({ characters, losses, offset }) => ({ characters, bits: bitsOf(losses), offset }))
}

/** Losses in nats as bits. Not by `map`, which makes an object of each number. */
function bitsOf(losses: Float64Array): Float64Array {
  const bits = new Float64Array(losses.length)
  for (let i = 0; i < bits.length; i++) bits[i] = losses[i]! / Math.LN2
  return bits
}
