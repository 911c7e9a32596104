import { fc, test } from '@fast-check/vitest'
import { describe, expect, test as example } from 'vitest'
import { FadingCounts } from '../../src/lines/fading-counts.ts'
import { type LineGrade, LineScore, type LineScoreOptions } from '../../src/lines/line-score.ts'
import { wordPairsOf } from '../../src/lines/word-pairs.ts'
import { restored } from './saved.ts'

const charactersOf = (text: string) => Int32Array.from(text, (character) => character.codePointAt(0)!)

/** Grades a line whose characters cost so much each */
function graded(score: LineScore, text: string, { bits = 1, flagged = false } = {}): LineGrade {
  const characters = charactersOf(text)
  const grade = score.grade(characters, new Float64Array(characters.length).fill(bits))
  score.learn(flagged)
  return grade
}

function taught(lines: readonly string[], options?: LineScoreOptions): LineScore {
  const score = new LineScore(options)
  for (const line of lines) graded(score, line)
  return score
}

const routine = Array.from({ length: 300 }, (_, i) => `web-${i % 3} GET /cart 200 ${5 + (i % 40)}ms`)
const anyLine = fc.oneof(fc.string(), fc.constantFrom('', ' ', 'error', 'a b', 'took 12 ms', 'took 9000 ms', '\t\t'))

describe('the score of a line', () => {
  example('is 0 for what was expected', () => {
    expect(graded(taught(Array<string>(500).fill('heartbeat ok')), 'heartbeat ok').score).toBeLessThan(0.1)
  })

  example('counts of each word its most surprising character, beyond 4 bits', () => {
    const score = new LineScore()
    const surprise = Float64Array.from([1, 9, 8, 0, 3, 2, 2, 0, 6])
    const { parts, word } = score.grade(charactersOf('abc def x'), surprise)
    expect(parts.characters).toBe(5 + 2)
    expect(word).toEqual({ start: 0, length: 4, bits: 9 })
  })

  example.each([
    ['words that never stood beside each other', 'web-1 GET /cart 200 disk on fire', 'words'],
    ['a value of another size', 'web-1 GET /cart 200 9417ms', 'words'],
    ['a severe word', 'web-1 error /cart 200 12ms', 'severe'],
  ] as const)('is higher for %s, and the cause is named', (_, line, cause) => {
    const score = taught(routine)
    const usual = graded(score, routine[7]!).score
    const grade = graded(score, line)
    expect(grade.score).toBeGreaterThan(usual + 15)
    expect(grade.cause).toBe(cause)
  })

  example('names the words, the severe word, and how often such a line came', () => {
    const line = 'web-1 GET /cart failed 200 12ms'
    const score = taught(routine)
    const { pair, severe, kind, lines } = graded(score, line)
    expect(line.slice(pair.start, pair.start + pair.length)).toBe('/cart failed')
    expect({ severe, kind, lines }).toMatchObject({ severe: 'fail', kind: { seen: 0, ago: undefined }, lines: 300 })
    for (const usual of routine.slice(0, 97)) graded(score, usual)
    expect(graded(score, line).kind).toMatchObject({ seen: 1, ago: 98 })
  })

  example('learns nothing of a flagged line: the same one stands out again', () => {
    const fault = 'FATAL web-2 out of memory'
    const score = taught(routine)
    const first = graded(score, fault, { flagged: true }).score
    for (let i = 0; i < 5; i++) {
      for (const line of routine) graded(score, line)
      expect(graded(score, fault, { flagged: true }).score).toBeGreaterThanOrEqual(first)
    }
    expect(graded(taught([...routine, ...Array<string>(50).fill(fault)]), fault).score).toBeLessThan(first / 2)
  })

  example('is without severe words when they are turned off', () => {
    expect(graded(taught(routine, { severeWords: false }), 'error').parts.severe).toBe(0)
  })

  test.prop([fc.array(anyLine, { maxLength: 60 }), fc.nat(60), fc.array(fc.boolean(), { minLength: 60, maxLength: 60 })])(
    'is after restoring what it would have been',
    (lines, at, flags) => {
      const options = (i: number) => ({ bits: i % 7, flagged: flags[i] ?? false })
      const whole = new LineScore()
      const expected = lines.map((line, i) => graded(whole, line, options(i)))
      const first = new LineScore()
      const before = lines.slice(0, at).map((line, i) => graded(first, line, options(i)))
      const second = restored(first, new LineScore())
      const after = lines.slice(at).map((line, i) => graded(second, line, options(at + i)))
      expect([...before, ...after]).toEqual(expected)
    },
  )

  test.prop([fc.array(anyLine, { maxLength: 40 })])('is a finite number of bits from 0', (lines) => {
    const score = new LineScore()
    for (const line of lines) {
      const grade = graded(score, line, { bits: 5 })
      expect(grade.score).toBeGreaterThanOrEqual(0)
      expect(Number.isFinite(grade.score)).toBe(true)
    }
  })
})

describe('pairs of words', () => {
  const hashesOf = (text: string) => wordPairsOf(charactersOf(text)).map(({ hash }) => hash)

  example('do not tell small numbers apart, but sizes of long ones, and the order of words', () => {
    expect(hashesOf('took  40 ms')).toEqual(hashesOf('took 7 ms'))
    expect(hashesOf('took 9000 ms')).not.toEqual(hashesOf('took 900 ms'))
    expect(hashesOf('a b')).not.toEqual(hashesOf('b a'))
    expect(hashesOf('')).toHaveLength(1)
    expect(hashesOf('a b c')).toHaveLength(4)
  })
})

describe('counts that fade', () => {
  example('fade by e within their memory', () => {
    const counts = new FadingCounts(100, 10)
    counts.add(7)
    for (let i = 0; i < 100; i++) counts.tick()
    expect(counts.get(7)).toBeCloseTo(Math.exp(-1), 12)
    expect(counts.get(8)).toBe(0)
  })

  example('keep what is frequent when there is no room for all', () => {
    const counts = new FadingCounts(1000, 8)
    for (let i = 0; i < 20000; i++) {
      counts.tick()
      counts.add(12345)
      counts.add(Math.imul(i, 0x9e3779b1))
    }
    expect(counts.get(12345)).toBeGreaterThan(900)
  })

  example('lose nothing while they grow, nor when their unit is scaled back', () => {
    const counts = new FadingCounts(10, 12)
    const hashes = Array.from({ length: 500 }, (_, i) => Math.imul(i + 1, 0x9e3779b1))
    for (const hash of hashes) counts.add(hash)
    expect(hashes.map((hash) => counts.get(hash))).toEqual(Array(500).fill(1))
    for (let i = 0; i < 1000; i++) {
      counts.tick()
      counts.add(3)
    }
    expect(counts.get(3)).toBeCloseTo(1 / (1 - Math.exp(-0.1)), 6)
  })
})
