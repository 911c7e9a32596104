/** Part of a line */
export interface Peak {
  /** Of its first character in the line */
  readonly start: number
  /** In characters */
  readonly length: number
  /** What they cost together */
  readonly bits: number
}

/**
 * The most surprising run of a line: the one that exceeds the line's mean, and 1 bit a character, by the most in all (Bentley's maximum sum of a
 * subarray, 1984). Of length 0 when no character does.
 */
export function peakOf(surprise: Float64Array): Peak {
  const usual = Math.max(1, mean(surprise))
  let best = { start: 0, end: 0, excess: 0 }
  let start = 0
  let excess = 0
  for (let i = 0; i < surprise.length; i++) {
    if (excess <= 0) {
      excess = 0
      start = i
    }
    excess += surprise[i]! - usual
    if (excess > best.excess) best = { start, end: i + 1, excess }
  }
  const length = best.end - best.start
  return { start: best.start, length, bits: best.excess + length * usual }
}

function mean(numbers: Float64Array): number {
  let sum = 0
  for (const number of numbers) sum += number
  return sum / Math.max(numbers.length, 1)
}
