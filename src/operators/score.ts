import { defer, map, type OperatorFunction } from 'rxjs'
import { type Peak, peakOf } from '../lines/peak.ts'
import { type Grade, LineScorer } from '../lines/scorer.ts'
import type { Line } from '../lines/gatherer.ts'

export interface Graded extends Grade {
  /** The most surprising run of the characters that were kept */
  readonly peak: Peak
}

export interface ScoreOptions {
  /** What is known of the lines so far: to save it, and to go on from what was saved. Each subscription has its own unless given. */
  readonly scorer?: LineScorer
}

/**
 * Grades each line by its characters, its place among other lines and how often it comes, each from before it was learned; and tells where it surprised
 * the most.
 *
 *     source   --l1--------l2--------|
 *     score()  --(l1, g1)--(l2, g2)--|
 *
 *     text$.pipe(learn(model), surprise(), lines(), score(), calibrate())
 */
export function score<L extends Line>({ scorer: given }: ScoreOptions = {}): OperatorFunction<L, L & Graded> {
  return (source) =>
    defer(() => {
      const scorer = given ?? new LineScorer()
      return source.pipe(
        map((line) => {
          const { order, novelty, burst, parts, score } = scorer.push(line.characters, line.surprise)
          return { ...line, order, novelty, burst, parts, score, peak: peakOf(line.surprise) }
        }),
      )
    })
}
