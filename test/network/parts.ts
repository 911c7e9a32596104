import type { Model, Segment, Truncation } from '../../src/index.ts'

export type NotebookName = 'Wxh' | 'Whh' | 'Why' | 'bh' | 'by'

/** Those of one vanilla layer */
export const PARAMETERS: readonly NotebookName[] = ['Wxh', 'Whh', 'Why', 'bh', 'by']

export type Values = Readonly<Record<NotebookName, Float64Array>>

/** A segment of (input, target) pairs, as the stages before forward make them */
export function segmentOf(
  inputs: ArrayLike<number>,
  targets: ArrayLike<number>,
  vocabularySize: number,
  closes: boolean,
  truncation: Truncation,
): Segment {
  return {
    text: '',
    characters: Int32Array.from(targets, (symbol) => symbol + 96),
    inputs: Int32Array.from(inputs),
    targets: Int32Array.from(targets),
    next: targets[targets.length - 1] ?? 0,
    vocabularySize,
    closes,
    truncation,
    offset: 0,
  }
}

export function readAll(model: Model): Values {
  const read = (name: NotebookName) => model.read(name)
  return { Wxh: read('Wxh'), Whh: read('Whh'), Why: read('Why'), bh: read('bh'), by: read('by') }
}

export function writeAll(model: Model, values: Values): void {
  for (const name of PARAMETERS) model.write(name, values[name])
}

/** Gives `count` characters symbols of their own */
export function addCharacters(model: Model, count: number): void {
  for (let i = 0; i < count; i++) model.vocabulary.add(97 + model.vocabulary.size)
}

/** The largest difference; infinite when one has more numbers than the other */
export function distance(ours: ArrayLike<number>, theirs: ArrayLike<number>): number {
  if (ours.length !== theirs.length) return Infinity
  return Math.max(0, ...Array.from(ours, (number, i) => Math.abs(number - theirs[i]!)))
}
