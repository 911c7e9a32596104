import { from } from 'rxjs'
import { type Graded, type Line, Random, score } from 'rxrnn'
import { describe, expect, test } from 'vitest'
import { complies } from './compliance.ts'

/** A line whose characters cost that many bits each */
function lineOf(text: string, bits: number | readonly number[] = 0.1): Line {
  const characters = Int32Array.from(text, (character) => character.codePointAt(0)!)
  const surprise = Float64Array.from(characters, (_, i) => (typeof bits === 'number' ? bits : (bits[i] ?? 0)))
  return { characters, surprise, bits: 0, length: text.length + 1, offset: 0 }
}

function graded(lines: readonly Line[]): readonly Graded[] {
  const all: Graded[] = []
  from(lines)
    .pipe(score())
    .subscribe((line) => all.push(line))
  return all
}

const repeated = <Value>(count: number, make: (i: number) => Value): readonly Value[] => Array.from({ length: count }, (_, i) => make(i))

describe('score', () => {
  complies(() => ({ operator: score(), inputs: ['a b', 'c', 'a b', 'c d 1', ''].map((text) => lineOf(text)) }))

  test('is the surprise of the characters that exceeds what lines of the kind cost', () => {
    const costly = lineOf('id 4711', 3)
    const [first, second] = graded([costly, costly])
    expect(first?.score).toBeCloseTo(7 * 9, 9)
    expect(second?.score).toBeLessThan(7 * 9)
    const all = graded(repeated(50, () => costly))
    expect(all.at(-1)?.score).toBeCloseTo(0, 1)
  })

  test('counts one great surprise for more than many small ones of the same sum', () => {
    const usual = repeated(20, () => lineOf('abcd', 0))
    const [great] = graded([...usual, lineOf('abcd', [8, 0, 0, 0])]).slice(-1)
    const [small] = graded([...usual, lineOf('abcd', [2, 2, 2, 2])]).slice(-1)
    expect(great!.score).toBeGreaterThan(3 * small!.score)
  })

  test('knows which message follows which, whatever their values', () => {
    const flow = repeated(300, (i) => lineOf(`${i}:00 ${['begin', 'work', 'end'][i % 3]} id=${i * 7}`))
    const all = graded([...flow, lineOf('301:00 end id=9')])
    expect(all[298]!.order).toBeLessThan(0.3)
    expect(all.at(-1)!.order).toBeGreaterThan(4)
  })

  test('follows processes that interleave, by the word that names them', () => {
    // whose turn it is follows no rule that two lines could tell
    const random = new Random(1)
    const steps = [0, 0]
    const flow = repeated(900, () => {
      const process = random.next() % 2
      return lineOf(`app[${process}] ${['begin', 'work', 'more', 'end'][steps[process]!++ % 4]}`)
    })
    const mean = (all: readonly Graded[]) => all.reduce((sum, { order }) => sum + order, 0) / all.length
    expect(mean(graded(flow).slice(-200))).toBeLessThan(0.5)
    const nameless = flow.map(({ characters }) => lineOf(String.fromCodePoint(...characters.subarray(7))))
    expect(mean(graded(nameless).slice(-200))).toBeGreaterThan(0.8)
  })

  test('tells a burst at a few of its lines', () => {
    const usual = repeated(1000, (i) => lineOf(`message ${'abcdefghijklmnopqrstuvwxyz'[i % 26]}`))
    const all = graded([...usual, ...repeated(40, (i) => lineOf(`message e`, i === 0 ? 0.1 : 0.1))])
    expect(all.slice(100, 1000).every(({ burst }) => burst === 0)).toBe(true)
    const told = all.slice(1000).filter(({ burst }) => burst > 0)
    expect(told.length).toBe(3)
    expect(told.every(({ burst }) => burst > 15)).toBe(true)
  })

  test('is surprised by a new line of a kind whose lines are always the same, and not by one of a kind whose values are free', () => {
    const fixed = repeated(100, () => lineOf('mode=on'))
    expect(graded([...fixed, lineOf('mode=off')]).at(-1)!.novelty).toBeGreaterThan(5)
    const free = repeated(100, (i) => lineOf(`user=${String.fromCodePoint(97 + (i % 26), 97 + Math.floor(i / 26))}`))
    expect(graded([...free, lineOf('user=zz')]).at(-1)!.novelty).toBeLessThan(0.1)
  })

  test.each([
    ['one run', [0, 0, 5, 6, 4, 0, 0, 0], { start: 2, length: 3, bits: 15 }],
    ['the greater of two', [9, 0, 0, 0, 0, 6, 6, 0], { start: 5, length: 2, bits: 12 }],
    ['two that a cheap character parts', [0, 0, 0, 9, 1, 9, 0, 0], { start: 3, length: 3, bits: 19 }],
    ['nothing', [0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1], { start: 0, length: 0, bits: 0 }],
  ])('tells where it surprised the most: %s', (_, bits, peak) => {
    const [line] = graded([lineOf('abcdefgh', bits)])
    expect(line?.peak.bits).toBeCloseTo(peak.bits, 9)
    expect(line?.peak).toMatchObject({ start: peak.start, length: peak.length })
  })
})
