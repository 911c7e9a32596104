import type { OperatorFunction } from 'rxjs'
import type { Run } from '../text/encoder.ts'
import { assertTruncation } from '../network/options.ts'
import { type Place, type Segment, Segmenter, type Truncation } from '../network/segment.ts'
import { transduce } from './transduce.ts'

/**
 * Runs of symbols to segments of (input, target) pairs, cut where a window of `every` pairs ends.
 *
 *     source                                  --abcdefg-----h--|
 *     truncate({ every: 4, through: 4 })      --(a BCDE FG)--H--|     capitals are targets; a starts the stream; E and the end close a window
 *
 * On a trickle a segment holds one pair, on a flood a whole window. At the end an empty segment closes a window that was left open.
 *
 * Each subscription starts a stream, or resumes from a place where one was saved.
 *
 *     runs$.pipe(truncate({ every: 25, through: 25 }))
 *
 * Throws OptionError.
 */
export function truncate(truncation: Truncation, from?: Place): OperatorFunction<Run, Segment>
/** @internal */
export function truncate(truncation: Truncation, from?: Place, owned?: boolean): OperatorFunction<Run, Segment>
export function truncate(truncation: Truncation, from?: Place, owned?: boolean): OperatorFunction<Run, Segment> {
  assertTruncation(truncation)
  return (source) => transduce(source, () => new Segmenter(truncation, from, owned))
}
