import { bitsOf, type Surprise } from '../lines/surprise.ts'
import { map, type OperatorFunction } from 'rxjs'
import type { Segment } from '../network/segment.ts'
import type { Scored } from './loss.ts'

/**
 * What surprised: of each scored segment, its characters with their bits. The empty segment that closes a stream gives nothing to look at, but is
 * passed on like any other.
 *
 *     source      --(s1, l1)--(s2, l2)--|
 *     surprise()  --(c1, b1)--(c2, b2)--|
 *
 *     text$.pipe(learn(model), surprise())
 */
export function surprise<S extends Segment & Scored>(): OperatorFunction<S, Surprise> {
  return map(({ characters, losses, offset }) => ({ characters, bits: bitsOf(losses), offset }))
}
