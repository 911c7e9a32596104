import { fc, test } from '@fast-check/vitest'
import { describe, expect } from 'vitest'
import { Contexts } from '../../src/network/contexts.ts'
import { FEATURES, FeatureRows } from '../../src/network/features.ts'
import { Vocabulary } from '../../src/text/vocabulary.ts'

const ORDERS = 3
const EXPECTED = ORDERS + 3
const LEVEL = EXPECTED + 1

const vocabulary = new Vocabulary()
const symbolsOf = (text: string): number[] => Array.from(text, (character) => vocabulary.add(character.codePointAt(0)!))

function contextsOf(memory = 1024): Contexts {
  return new Contexts(vocabulary, ORDERS, memory)
}

const NO_FEATURES = new Int32Array()

/** The row after the last symbol */
function after(symbols: readonly number[], contexts = contextsOf()): Int32Array {
  const row = new Int32Array(contexts.width)
  for (const symbol of symbols) contexts.push(symbol, row, NO_FEATURES, 0)
  return row
}

describe('contexts', () => {
  const text = fc.string({ unit: fc.constantFrom('a', 'b', ' ', 'é'), maxLength: 40 })

  test.prop([text, text, text])('of the last characters do not depend on what was before', (one, other, end) => {
    const [a, b] = [after(symbolsOf(one + end)), after(symbolsOf(other + end))]
    for (let order = 1; order <= Math.min(ORDERS, end.length); order++) expect(a[order - 1]).toBe(b[order - 1])
  })

  // a run of one character repeats itself up to the character that is only looked at
  test.prop([text, fc.constantFrom('a', ' ', 'é'), fc.nat(30)])(
    'are the same when a character is looked at as when it is read',
    (before, last, run) => {
      const contexts = contextsOf()
      after(symbolsOf(before + last.repeat(run)), contexts)
      const [looked, read] = [new Int32Array(contexts.width), new Int32Array(contexts.width)]
      contexts.peek(symbolsOf(last)[0]!, looked, NO_FEATURES, 0)
      contexts.peek(symbolsOf('b')[0]!, read, NO_FEATURES, 0)
      contexts.push(symbolsOf(last)[0]!, read, NO_FEATURES, 0)
      expect(looked).toEqual(read)
    },
  )

  test.prop([text, fc.array(text)])('of a copy go their own way', (before, others) => {
    const contexts = contextsOf()
    after(symbolsOf(before), contexts)
    const twin = contexts.copy(true)
    expect(after(symbolsOf(' ab'), twin).subarray(0, EXPECTED)).toEqual(after(symbolsOf(`${before} ab`)).subarray(0, EXPECTED))
    for (const other of others) after(symbolsOf(other), twin)
    expect(after(symbolsOf('ba'), contexts).subarray(0, EXPECTED)).toEqual(after(symbolsOf(`${before}ba`)).subarray(0, EXPECTED))
  })

  test('of words know the word so far, the last one and the one before that', () => {
    const words = (line: string) => after(symbolsOf(line)).subarray(ORDERS, EXPECTED)
    expect(words('one two th')).toEqual(words('..one, two; th'))
    expect(words('one two th')[0]).toBe(words('two th')[0])
    expect(words('one two th')[1]).toBe(words('th')[1])
    expect(words('one two th')[0]).not.toBe(words('one three th')[0])
    expect(words('one two th')[2]).not.toBe(words('two two th')[2])
  })

  test('expect what followed the last time that the text continued like this', () => {
    const [line, other] = ['the same line again', 'something else']
    const row = after(symbolsOf(`${line}!${other}${line}`))
    expect(row[EXPECTED]).toBe(symbolsOf('!')[0])
    expect(row[LEVEL]).toBe(12 + (line.length >> 2))
  })

  test('expect nothing of a text that never repeats', () => {
    const symbols = symbolsOf(String.fromCodePoint(...Array.from({ length: 300 }, (_, i) => 0x400 + i)))
    expect(after(symbols)[EXPECTED]).toBe(-1)
    expect(after(symbols)[LEVEL]).toBe(0)
  })

  test('remember as many symbols as they have memory for', () => {
    const fresh = Array.from({ length: 20_000 }, (_, i) => 1 + i)
    const phrase = symbolsOf('remember this')
    const expectation = (distance: number) => after([...phrase, 9, ...fresh.slice(0, distance), ...phrase], contextsOf(16384))[EXPECTED]
    expect(expectation(1000)).toBe(9)
    expect(expectation(16000)).toBe(-1)
  })

  test('rise through the levels up to 23 as a repetition continues', () => {
    const contexts = contextsOf(4096)
    const levels = new Set<number>()
    for (let i = 0; i < 2000; i++) levels.add(after([1 + (i % 2)], contexts)[LEVEL]!)
    expect(Math.max(...levels)).toBe(23)
  })
})

describe('what a network that conducts knows of a place', () => {
  const rows = new FeatureRows(8)
  const [LAST_WORD, ABOVE, FIELD, EXPECTED, COLUMN, PLACE, LEVEL_OF_REPETITION] = Array.from({ length: 7 }, (_, i) => i)
  const text = fc.string({ unit: fc.constantFrom('a', 'b', ' ', '\n', 'é'), maxLength: 60 })

  function reader(): Contexts {
    return new Contexts(vocabulary, ORDERS, 1024, rows)
  }

  function featuresAfter(line: string, contexts = reader()): Int32Array {
    const [row, features] = [new Int32Array(contexts.width), new Int32Array(FEATURES)]
    for (const symbol of symbolsOf(line)) contexts.push(symbol, row, features, 0)
    return features
  }

  test.prop([text, fc.constantFrom('a', ' ', '\n', 'é')])('is the same when a character is looked at as when it is read', (before, last) => {
    const contexts = reader()
    featuresAfter(before, contexts)
    const rowsOf = (read: 'peek' | 'push') => {
      const [row, features] = [new Int32Array(contexts.width), new Int32Array(FEATURES)]
      contexts[read](symbolsOf(last)[0]!, row, features, 0)
      return [row, features]
    }
    const looked = rowsOf('peek')
    contexts.peek(symbolsOf('b')[0]!, new Int32Array(contexts.width), new Int32Array(FEATURES), 0)
    expect(looked).toEqual(rowsOf('push'))
  })

  test.prop([text])('chooses rows that there are', (whole) => {
    const contexts = reader()
    for (const character of whole) for (const feature of featuresAfter(character, contexts)) expect(feature).toBeLessThan(rows.count)
  })

  test('is the column, the place in the word and the field', () => {
    const [start, inWord, later] = ['x\n', 'x\nab', 'x\nab ab'].map((line) => featuresAfter(line))
    expect(inWord![COLUMN!]! - start![COLUMN!]!).toBe(2)
    expect(later![COLUMN!]! - start![COLUMN!]!).toBe(5)
    expect([inWord!, later!].map((features) => features[PLACE!]! - start![PLACE!]!)).toEqual([2, 2])
    expect(inWord![FIELD!]).toBe(start![FIELD!])
    expect(later![FIELD!]).not.toBe(start![FIELD!])
  })

  test('is the last word and what stands above', () => {
    expect(featuresAfter('abc\nxy')[ABOVE!]).toBe(featuresAfter('..c\n..')[ABOVE!])
    expect(featuresAfter('abc\nxy')[ABOVE!]).not.toBe(featuresAfter('abd\nxy')[ABOVE!])
    expect(featuresAfter('abc\nxyzz')[ABOVE!]).toBe(featuresAfter('xyzz')[ABOVE!])
    expect(featuresAfter('one two')[LAST_WORD!]).toBe(featuresAfter('one x')[LAST_WORD!])
    expect(featuresAfter('one two')[LAST_WORD!]).not.toBe(featuresAfter('two two')[LAST_WORD!])
  })

  test('is what a repetition leads to expect, and how long it has been one', () => {
    const [once, again] = ['the same line!', 'the same line! the same line'].map((line) => featuresAfter(line))
    expect([once![EXPECTED!], once![LEVEL_OF_REPETITION!]]).toEqual([-1, -1])
    expect(again![EXPECTED!]).toBeGreaterThan(0)
    expect(again![LEVEL_OF_REPETITION!]).toBeGreaterThan(0)
  })
})
