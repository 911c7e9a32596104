import { fc, test } from '@fast-check/vitest'
import { describe, expect } from 'vitest'
import { Contexts } from '../../src/network/contexts.ts'
import { Vocabulary } from '../../src/text/vocabulary.ts'

const ORDERS = 3
const EXPECTED = ORDERS + 3
const LEVEL = EXPECTED + 1

const vocabulary = new Vocabulary()
const symbolsOf = (text: string): number[] => Array.from(text, (character) => vocabulary.add(character.codePointAt(0)!))

function contextsOf(memory = 1024): Contexts {
  return new Contexts(vocabulary, ORDERS, memory)
}

/** The row after the last symbol */
function after(symbols: readonly number[], contexts = contextsOf()): Int32Array {
  const row = new Int32Array(contexts.width)
  for (const symbol of symbols) contexts.push(symbol, row, 0)
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
      contexts.peek(symbolsOf(last)[0]!, looked, 0)
      contexts.peek(symbolsOf('b')[0]!, read, 0)
      contexts.push(symbolsOf(last)[0]!, read, 0)
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
