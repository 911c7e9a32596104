import { fc, test } from '@fast-check/vitest'
import { describe, expect } from 'vitest'
import { type Verdict, Verdicts, verdictFrom } from '../../src/lines/verdicts.ts'
import { restored } from './saved.ts'

const full = 'disk sda is full after writing 12 MB'
const took = 'request 17 took 250 ms on worker 3'
const KINDS = [full, took, 'user anna logged in from host 10.0.0.1', 'cache missed key 4711 of tenant 8']
const withOtherValues = (line: string) => line.replaceAll(/\d+/g, (digits) => `${Number(digits) + 88}`)
const said = (verdict: Verdict['verdict'], text: string, score?: number): Verdict => ({ verdict, text, ...(score !== undefined && { score }) })
const after = (...given: readonly Verdict[]) => new Verdicts(given)

const verdict: fc.Arbitrary<Verdict> = fc.record({
  verdict: fc.constantFrom('useful', 'noise'),
  text: fc.oneof(fc.constantFrom(...KINDS), fc.string({ maxLength: 30 })),
  score: fc.double({ min: 0, max: 300, noNaN: true }),
})
const text = fc.oneof(fc.constantFrom(...KINDS, ...KINDS.map(withOtherValues)), fc.string({ maxLength: 30 }))
const score = fc.double({ min: 0, max: 1000, noNaN: true })

describe('verdicts', () => {
  test.prop([text, score])('change no score before there are any', (text, score) => {
    expect(after().adjust(text, score)).toBe(score)
    expect(after().like(text)).toBeUndefined()
  })

  test.prop([verdict, score])('change no score of a line that shares no word with theirs', (verdict, score) => {
    expect(after(verdict).adjust('Ω Ω2', score)).toBe(score)
  })

  test('of noise quiet their kind after three, also with other values, and no other kind', () => {
    const verdicts = after(...[1, 2, 3].map(() => said('noise', full, 60)))
    expect(verdicts.adjust(withOtherValues(full), 60)).toBeLessThan(15)
    expect(verdicts.adjust(took, 60)).toBe(60)
    expect(verdicts.like(withOtherValues(full))).toEqual({ useful: 0, noise: 3, like: full })
  })

  test('of one useful line raise the next of its kind above any bar, though it surprises by nothing', () => {
    const verdicts = after(said('useful', full, 60))
    // an alert is at most 40 bits above the median
    expect(verdicts.adjust(withOtherValues(full), 0)).toBeGreaterThan(40)
    expect(verdicts.adjust(took, 0)).toBe(0)
  })

  test.prop([fc.array(verdict, { maxLength: 40 }), text, score])('change a score within bounds', (given, text, score) => {
    const verdicts = after(...given)
    const adjusted = verdicts.adjust(text, score)
    const loudest = Math.max(0, ...given.map(({ verdict, score }) => (verdict === 'noise' ? score! : 0)))
    expect(adjusted).toBeGreaterThanOrEqual(Math.max(score * Math.exp(-4) - 1e-9, score - 1.5 * loudest - 1e-9))
    expect(adjusted).toBeLessThanOrEqual((score + 30) * Math.exp(4))
  })

  test('never hide a line that stands out by far more than the noise did', () => {
    const verdicts = after(...Array.from({ length: 50 }, () => said('noise', full, 40)))
    expect(verdicts.adjust(full, 400)).toBeGreaterThanOrEqual(400 - 1.5 * 40)
  })

  test('outvote one that is wrong', () => {
    const right = Array.from({ length: 9 }, (_, i) => said('noise', `${full} ${i}`, 60))
    expect(after(...right, said('useful', full, 60)).adjust(full, 60)).toBeLessThan(30)
  })

  test.prop([fc.array(verdict, { maxLength: 20 }), verdict, fc.array(text), score])(
    'are the same after loading, to the bit',
    (given, next, texts, score) => {
      const verdicts = after(...given)
      const loaded = restored(verdicts, after())
      expect(loaded.all).toEqual(verdicts.all)
      for (const each of [verdicts, loaded]) each.add(next)
      for (const text of texts) expect(loaded.adjust(text, score)).toBe(verdicts.adjust(text, score))
    },
  )

  test.prop([text, score])('that are taken back change nothing', (text, score) => {
    const verdicts = after(said('useful', full, 60))
    expect(verdicts.remove(full)).toBe(true)
    expect(verdicts.remove(full)).toBe(false)
    expect(verdicts.adjust(text, score)).toBe(score)
  })

  test('replace another one on the same line, and add to an equal one', () => {
    const changed = after(said('noise', full), said('useful', full), said('useful', full))
    expect(changed.all.map(({ verdict }) => verdict)).toEqual(['useful', 'useful'])
  })

  test('are kept up to 256, of long lines the start', () => {
    const verdicts = after(...Array.from({ length: 300 }, (_, i) => said('noise', `line ${'x'.repeat(2000)} number${i}`)))
    expect(verdicts.all).toHaveLength(256)
    expect(new Set(verdicts.all.map(({ text }) => text.length))).toEqual(new Set([1024]))
  })

  test('of a replay count from their line on', () => {
    const verdicts = after({ ...said('noise', full), line: 5 }, { ...said('noise', took), line: 3 })
    const inForce = (lines: number) => (verdicts.advance(lines), verdicts.all.map(({ line }) => line))
    expect([inForce(2), inForce(3)]).toEqual([[], [3]])
    const loaded = restored(verdicts, after())
    loaded.advance(5)
    expect(loaded.all.map(({ line }) => line)).toEqual([3, 5])
  })
})

describe('a verdict in JSON', () => {
  test.prop([verdict])('is read as it is written', (verdict) => {
    expect(verdictFrom(JSON.stringify(verdict))).toEqual(verdict)
  })

  test.each([
    ['noise', 'it is not a JSON object such as {"verdict":"noise","text":"..."}'],
    ['[', 'it is not a JSON object'],
    ['{"text":"a"}', 'verdict is undefined, but it must be "useful" or "noise"'],
    ['{"verdict":"bad","text":"a"}', 'verdict is "bad", but it must be "useful" or "noise"'],
    ['{"verdict":"noise"}', 'text is missing: the line that the verdict is about, as a string'],
    ['{"verdict":"noise","text":"a","score":-1}', 'score is -1, but it must be a number from 0'],
    ['{"verdict":"noise","text":"a","line":1.5}', 'line is 1.5, but it must be a whole number from 0'],
  ])('%s is refused', (json, message) => {
    expect(() => verdictFrom(json)).toThrow(message)
  })
})
