import { plain, type Span } from './span.ts'

/** Places in a text, in their order, none empty and none within another */
export type Ranges = Iterable<readonly [from: number, to: number]>

/** Puts one character in the place of each range of what is learned; one for each part of a range that an escape sequence cuts */
export function* replaceRanges(spans: readonly Span[], ranges: Ranges): Iterable<Span> {
  const places = [...ranges]
  let next = 0
  let start = 0
  for (const span of spans) {
    const { text, learned } = span
    const end = start + learned.length
    let at = start
    for (let range = places[next]; at < end && range !== undefined && range[0] < end; range = places[next]) {
      const from = Math.max(range[0], at)
      const to = Math.min(range[1], end)
      if (from > at) yield plain(text.slice(at - start, from - start))
      yield { text: text.slice(from - start, to - start), learned: '*' }
      at = to
      if (range[1] <= end) next += 1
    }
    if (at === start) yield span
    else if (at < end) yield plain(text.slice(at - start))
    start = end
  }
}
