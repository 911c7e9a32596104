import { concatMap, defer, type OperatorFunction } from 'rxjs'
import type { Passage } from '../../text/span.ts'

/**
 * Leaves the passages away that hold the first `count` characters of what is learned (bytes with the alphabet `bytes`). `known` is called for each line
 * that ends in them.
 */
export function skipLearned(count: number, known: () => void): OperatorFunction<Passage, Passage> {
  return (source) =>
    defer(() => {
      let left = count
      return source.pipe(
        concatMap((passage): readonly Passage[] => {
          if (left === 0) return [passage]
          const characters = Array.from(passage.learned)
          const skipped = characters.splice(0, left)
          left -= skipped.length
          const lines = passage.ignored ? passage.parts.map(({ text }) => text) : skipped
          for (const text of lines) if (text.endsWith('\n')) known()
          const rest = characters.join('')
          return rest === '' ? [] : [{ parts: [{ text: rest, learned: rest }], learned: rest, ignored: false }]
        }),
      )
    })
}
