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

/**
 * The score once more, as it is described: by maps of texts. The weights of 9 and 6 and the memory of 5,000 lines are what labelled streams were best served by;
 * 4 bits are more than a digit costs that may be any.
 */
class Described {
  readonly #pairs = new Map<string, number>()
  readonly #severe = new Map<string, number>()
  readonly #means = [0, 0, 0]
  #total = 0
  #lines = 0

  graded(text: string, surprise: readonly number[], flagged: boolean): Pick<LineGrade, 'score' | 'parts' | 'cause' | 'lines'> {
    for (const counts of [this.#pairs, this.#severe]) for (const [key, count] of counts) counts.set(key, count * Math.exp(-1 / 5000))
    this.#total += 1 - this.#total / 5000
    const rarity = (counts: Map<string, number>, key: string) => Math.max(-Math.log2(((counts.get(key) ?? 0) + 0.5) / (this.#total + 1)), 0)
    const words = ['', ...text.split(/[ \t]+/).filter((word) => word !== ''), ''].map((word) =>
      word.replaceAll(/\d+/g, ({ length }) => (length > 3 ? `<${Math.min(length, 9)}>` : '0')),
    )
    const pairs = words.slice(1).map((word, i) => `${words[i]} ${word}`)
    const severe = [...new Set(text.toLowerCase().match(/error|fail|denied/g))]
    const peaks = Array.from(text.matchAll(/[A-Za-z0-9\u0080-\uffff]*(?:[^A-Za-z0-9\u0080-\uffff]|$)/g), ({ index, 0: { length } }) =>
      Math.max(0, ...surprise.slice(index, index + length)),
    )
    const parts = {
      characters: peaks.reduce((sum, peak) => sum + Math.max(peak - 4, 0), 0),
      words: (9 * pairs.reduce((sum, pair) => sum + rarity(this.#pairs, pair), 0)) / pairs.length,
      severe: 6 * Math.max(0, ...severe.map((word) => rarity(this.#severe, word))),
    }
    const excess = [parts.characters - this.#means[0]!, parts.words - this.#means[1]!, parts.severe - this.#means[2]!]
    const cause = (['characters', 'words', 'severe'] as const)[excess.indexOf(Math.max(...excess))]!
    const graded = { score: parts.characters + parts.words + parts.severe, parts, cause, lines: this.#lines }
    this.#lines += 1
    if (flagged) return graded
    for (const pair of new Set(pairs)) this.#pairs.set(pair, (this.#pairs.get(pair) ?? 0) + 1)
    for (const word of severe) this.#severe.set(word, (this.#severe.get(word) ?? 0) + 1)
    const rate = Math.max(1 / 256, 1 / this.#lines)
    for (const [i, part] of [parts.characters, parts.words, parts.severe].entries()) this.#means[i]! += rate * (part - this.#means[i]!)
    return graded
  }
}

describe('the score', () => {
  const word = fc.oneof(
    fc.constantFrom('GET', 'disk', 'läuft', 'x', '7', '999', '1000', 'took:12345ms', 'id=123456789', '1234567890123', '/a/b'),
    fc.constantFrom('error', 'FAILED', 'denied', 'ErrorFailure', 'a-b-', '@`{[Zz^', '/0:9', '\x7f\x80b'),
  )
  const line = fc.array(fc.tuple(word, fc.constantFrom(' ', '\t', '  ')), { maxLength: 6 }).map((parts) => parts.flat().join(''))
  const bits = fc.array(fc.constantFrom(0, 1, 3.9, 4, 4.1, 6, 12), { minLength: 1, maxLength: 9 })

  test.prop([fc.array(fc.tuple(line, bits, fc.boolean()), { maxLength: 40 })])('is what it is described as', (lines) => {
    const score = new LineScore()
    const described = new Described()
    for (const [text, cycle, flagged] of lines) {
      const surprise = Array.from(text, (_, i) => cycle[i % cycle.length]!)
      const grade = score.grade(charactersOf(text), Float64Array.from(surprise))
      score.learn(flagged)
      const expected = described.graded(text, surprise, flagged)
      expect(grade.score).toBeCloseTo(expected.score, 9)
      for (const part of ['characters', 'words', 'severe'] as const) expect(grade.parts[part]).toBeCloseTo(expected.parts[part], 9)
      expect([grade.cause, grade.lines]).toEqual([expected.cause, expected.lines])
    }
  })

  example('is caused by the part that exceeds its own mean, which follows within 256 lines', () => {
    const score = new LineScore({ severeWords: false })
    const gradeOf = (bits: number) => score.grade(charactersOf('x'), Float64Array.of(bits))
    const learn = (count: number, bits: number) => {
      for (let i = 0; i < count; i++) {
        gradeOf(bits)
        score.learn(false)
      }
    }
    learn(400, 4)
    learn(100, 104)
    // no line but the first had a new word: severe words are at their mean of 0, and words below theirs
    const mean = 100 * (1 - (255 / 256) ** 100)
    expect(gradeOf(4 + mean + 1e-6).cause).toBe('characters')
    expect(gradeOf(4 + mean - 1e-6).cause).toBe('severe')
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
