// less than that in common is another word
const LIKE = 0.6

/** The word that this one is most likely meant to be; undefined when none is like it */
export function nearest(word: string, known: readonly string[]): string | undefined {
  const likeness = (other: string) => 1 - edits(word, other) / Math.max(word.length, other.length, 1)
  const [best] = known.toSorted((a, b) => likeness(b) - likeness(a))
  return best !== undefined && likeness(best) >= LIKE ? best : undefined
}

/** Letters to add, remove, replace or swap with the next one (the optimal string alignment distance) */
function edits(a: string, b: string): number {
  let [before, last] = [[] as number[], Array.from({ length: b.length + 1 }, (_, j) => j)]
  for (let i = 1; i <= a.length; i++) {
    const row = [i]
    for (let j = 1; j <= b.length; j++) {
      const replaced = last[j - 1]! + Number(a[i - 1] !== b[j - 1])
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1] ? before[j - 2]! + 1 : Infinity
      row.push(Math.min(last[j]! + 1, row[j - 1]! + 1, replaced, swapped))
    }
    ;[before, last] = [last, row]
  }
  return last[b.length]!
}
