/** How well alerts fit known faults */

/** After the first hundred lines, in which none can be told */
const WARM_UP = 100

/**
 * `lines` are labelled, `kinds[fault]` is a fault's kind, `flags` are a detector's. Precision: of the flagged lines, how many are part of a fault.
 * Recall: of the faults, of how many any line is flagged.
 */
export function measure({ lines, kinds }, flags) {
  const flagged = lines.filter((_, i) => flags[i])
  const hits = flagged.filter(({ fault }) => fault !== undefined)
  const found = new Set(hits.map(({ fault }) => fault))
  const precision = flagged.length === 0 ? 0 : hits.length / flagged.length
  const recall = found.size / kinds.length
  const byKind = new Map()
  kinds.forEach((kind, fault) => {
    const { found: n, of } = byKind.get(kind) ?? { found: 0, of: 0 }
    byKind.set(kind, { found: n + Number(found.has(fault)), of: of + 1 })
  })
  return { rate: flagged.length / (lines.length - WARM_UP), precision, recall, f1: f1(precision, recall), byKind }
}

/** Means of what `measure` told of several logs; kinds are added */
export function average(all) {
  const mean = (key) => all.reduce((sum, one) => sum + one[key], 0) / all.length
  const byKind = new Map()
  for (const one of all)
    for (const [kind, { found, of }] of one.byKind) {
      const sum = byKind.get(kind) ?? { found: 0, of: 0 }
      byKind.set(kind, { found: sum.found + found, of: sum.of + of })
    }
  return { rate: mean('rate'), precision: mean('precision'), recall: mean('recall'), f1: mean('f1'), byKind }
}

function f1(precision, recall) {
  return precision + recall === 0 ? 0 : (2 * precision * recall) / (precision + recall)
}
