/**
 * How well alerts fit labels: 1 for a line that people want to see, 0 for one that they do not, -1 for context, which counts for neither. The warm-up is
 * not counted: the first 5% of a stream, at least 100 lines, unless told otherwise.
 */

/** Labelled lines at most so far apart are one region */
const APART = 5

/** Means over streams of what `measure` gives */
export function average(all) {
  const mean = (key) => all.reduce((sum, one) => sum + one[key], 0) / all.length
  return Object.fromEntries(Object.keys(all[0]).map((key) => [key, mean(key)]))
}

/**
 * Of the ranking by score: the area under the ROC curve, and the average precision. Of the flags: how many are on labelled lines (precision), how many
 * regions have one (recall), and the share of lines that are flagged.
 */
export function measure(scores, flags, labels, from = Math.max(100, Math.floor(labels.length * 0.05))) {
  const counted = labels.flatMap((label, i) => (i >= from && label >= 0 ? [i] : []))
  const flagged = counted.filter((i) => flags[i])
  const regions = regionsOf(labels, from)
  const found = regions.filter(([first, last]) => flags.slice(first, last + 1).some(Boolean))
  return {
    ...ranking(
      counted.map((i) => scores[i]),
      counted.map((i) => labels[i] === 1),
    ),
    precision: flagged.length === 0 ? 0 : flagged.filter((i) => labels[i] === 1).length / flagged.length,
    recall: regions.length === 0 ? 1 : found.length / regions.length,
    flagged: flagged.length / counted.length,
  }
}

function regionsOf(labels, from) {
  const regions = []
  labels.forEach((label, i) => {
    if (label !== 1 || i < from) return
    const last = regions.at(-1)
    if (last !== undefined && i - last[1] <= APART) last[1] = i
    else regions.push([i, i])
  })
  return regions
}

/** Ties count half, and share their precision */
function ranking(scores, wanted) {
  const order = scores.map((_, i) => i).sort((a, b) => scores[b] - scores[a])
  const positives = wanted.filter(Boolean).length
  let [above, hits, area, precision] = [0, 0, 0, 0]
  for (let from = 0, to = 0; from < order.length; from = to) {
    let tied = 0
    for (; to < order.length && scores[order[to]] === scores[order[from]]; to++) tied += Number(wanted[order[to]])
    const others = to - from - tied
    area += tied * (order.length - positives - above - others / 2)
    above += others
    hits += tied
    precision += tied * (hits / to)
  }
  return { area: area / (positives * (order.length - positives)), averagePrecision: precision / positives }
}
