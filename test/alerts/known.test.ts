import { fc, test } from '@fast-check/vitest'
import { describe, expect } from 'vitest'
import { KeptBytes } from '../../src/alerts/kept-bytes.ts'
import { KnownWords, wordAround } from '../../src/alerts/known-words.ts'
import { UsualLines } from '../../src/alerts/usual-lines.ts'
import { UsualValues } from '../../src/alerts/usual-values.ts'
import { restored } from '../lines/saved.ts'

const charactersOf = (text: string) => Int32Array.from(text, (character) => character.codePointAt(0)!)

describe('what is remembered of a text', () => {
  test('are its words, as far as there is room', () => {
    const words = new KnownWords()
    words.add(charactersOf('GET /item_a/7 größer'))
    const has = (words: KnownWords) => ['GET', 'item_a', '7', 'größer', 'größ', 'get', 'item'].map((word) => words.has(charactersOf(word)))
    expect(has(words)).toEqual([true, true, true, true, false, false, false])
    expect(has(restored(words, new KnownWords()))).toEqual(has(words))
  })

  test('are the last lines that differ in more than digits', () => {
    const usual = new UsualLines()
    expect(usual.nearest('a b c')).toBeUndefined()
    usual.add('get item 1', 'get item 1')
    usual.add('put cart 1', 'put cart 1')
    usual.add('get item 22', 'GET item 2')
    expect(usual.nearest('get items 7')).toBe('GET item 2')
    expect(usual.nearest('777')).toBe('GET item 2')
    expect(usual.nearest('nothing of it')).toBeUndefined()
    for (let i = 0; i < 300; i++) usual.add(`x${'y'.repeat(i)}`, '')
    expect(usual.nearest('get item 1')).toBeUndefined()
  })

  test('are the values of a place, as long as they are few', () => {
    const usual = new UsualValues()
    const [status, id] = ['status', 'id']
    for (let i = 0; i < 20; i++) {
      usual.add(['200', '304', '404'][i % 3]!, status)
      usual.add(String(i), id)
      if (i < 7) expect(usual.insteadOf('500', status)).toBeUndefined()
    }
    expect(usual.insteadOf('500', status)).toEqual(['200', '304', '404'])
    expect(usual.insteadOf('304', status)).toBeUndefined()
    expect(usual.insteadOf('500', id)).toBeUndefined()
  })

  test('are its words in the start of a long line, and where a place is in one', () => {
    const words = new KnownWords()
    words.add(charactersOf(`${'x '.repeat(2045)}abcd efgh`))
    words.add(charactersOf('-'))
    words.add(charactersOf('_b'))
    expect(['x', 'abcd', 'ef', 'e', 'efgh', '_b', '-', ''].map((word) => words.has(charactersOf(word)))).toEqual([
      true,
      true,
      false,
      true,
      false,
      true,
      false,
      false,
    ])
    const around = (at: number) => wordAround(charactersOf('ab c_9-d'), at)
    expect([0, 1, 2, 3, 5, 6, 7, 8].map(around)).toEqual([
      [0, 2],
      [0, 2],
      [2, 2],
      [3, 6],
      [3, 6],
      [6, 6],
      [7, 8],
      [8, 8],
    ])
  })

  test('are 256 lines, the newest of those that are nearest', () => {
    const usual = new UsualLines()
    const others = (count: number) => {
      for (let i = 0; i < count; i++) usual.add('y'.repeat(i + 1), '')
    }
    usual.add('get item', 'A')
    others(255)
    expect(usual.nearest('get item')).toBe('A')
    usual.add('get item', 'B')
    others(254)
    expect(usual.nearest('get item')).toBe('B')
    usual.add('one more', 'C')
    expect(usual.nearest('get item')).toBe('B')
    usual.add('two others', 'C')
    expect(usual.nearest('get item')).toBeUndefined()
    usual.add('get cart', 'D')
    // shares one of three words with each, then one of two
    usual.add('put item', 'E')
    expect(usual.nearest('get')).toBe('D')
    expect(usual.nearest('get put')).toBe('E')
    usual.add('put', 'F')
    expect(usual.nearest('put')).toBe('F')
    expect(usual.nearest('put item')).toBe('E')
  })

  test('are lines of which the start is shown and looked at', () => {
    const usual = new UsualLines()
    usual.add(`a${' '.repeat(4095)}b`, 'x'.repeat(501))
    expect(usual.nearest('a')).toBe('x'.repeat(500))
    expect(usual.nearest('b')).toBeUndefined()
  })

  test('are up to five values of a place that came eight times', () => {
    const usual = new UsualValues()
    const add = (place: string, values: string) => {
      for (const value of values) usual.add(value, place)
    }
    add('five', 'ebcad')
    add('six', 'abcdef')
    add('five', 'aa')
    expect(usual.insteadOf('x', 'five')).toBeUndefined()
    for (const place of ['five', 'six']) add(place, 'aaa')
    expect(usual.insteadOf('x', 'five')).toEqual(['a', 'b', 'c', 'd', 'e'])
    expect(usual.insteadOf('x', 'six')).toBeUndefined()
    expect(usual.insteadOf('x', 'none')).toBeUndefined()
  })

  test('are values of the last 2,048 places', () => {
    const usual = new UsualValues()
    const others = (count: number) => {
      for (let i = 0; i < count; i++) usual.add('', `${i}`)
    }
    for (let i = 0; i < 8; i++) usual.add('a', 'place')
    others(2047)
    expect(usual.insteadOf('b', 'place')).toEqual(['a'])
    usual.add('a', 'place')
    others(2047)
    expect(usual.insteadOf('b', 'place')).toEqual(['a'])
    usual.add('', 'another')
    expect(usual.insteadOf('b', 'place')).toBeUndefined()
  })
})

describe('the bytes of a line', () => {
  const unit = fc.constantFrom('a', 'é', '€', '😀')
  const text = fc.string({ unit, maxLength: 8 })
  const bytesOf = (text: string) => new TextEncoder().encode(text)

  function kept(bytes: Uint8Array, most: number, size: number): KeptBytes {
    const all = new KeptBytes(most)
    for (let from = 0; from < bytes.length; from += size) all.push(bytes.subarray(from, from + size))
    return all
  }

  test.prop([text, fc.constantFrom('', '\n', '\r\n'), fc.nat(34), fc.integer({ min: 1, max: 9 })], { numRuns: 300 })(
    'are kept up to a number and to whole characters, and the characters beyond are counted',
    (text, end, most, size) => {
      let start = ''
      for (const character of text) {
        if (bytesOf(start + character).length > most) break
        start += character
      }
      const all = kept(bytesOf(text + end), most, size)
      const expected = { bytes: bytesOf(start), cut: Array.from(text).length - Array.from(start).length }
      expect(all.line(end.length)).toEqual(expected)
      expect(restored(all, new KeptBytes(most)).line(end.length)).toEqual(expected)
    },
  )

  test('have room that grows', () => {
    const bytes = Uint8Array.from({ length: 3000 }, (_, i) => i % 100)
    for (const most of [255, 256, 257, 600, 3000, 9000]) {
      expect(kept(bytes, most, 200).line(0)).toEqual({ bytes: bytes.subarray(0, most), cut: Math.max(3000 - most, 0) })
    }
  })

  test.prop([text, fc.nat(3), fc.nat(34)])('forget what is not a whole character yet, unless bytes before it are cut', (text, tail, most) => {
    const whole = bytesOf(text)
    const bytes = Uint8Array.of(...whole, ...bytesOf('😀').subarray(0, tail))
    const all = kept(bytes, most, 5)
    all.dropIncomplete()
    all.push(bytesOf('a'))
    const expected = bytes.length > most ? kept(Uint8Array.of(...bytes, 97), most, 5) : kept(Uint8Array.of(...whole, 97), most, 5)
    expect(all.line(0)).toEqual(expected.line(0))
  })
})
