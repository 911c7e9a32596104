import { fc, test } from '@fast-check/vitest'
import { Vocabulary } from '../../src/index.ts'
import { NOVEL } from '../../src/text/vocabulary.ts'
import { describe, expect } from 'vitest'
import { Loader, Saver } from '../../src/checkpoint/archives.ts'

const codePoint = fc.integer({ min: 0, max: 0x10ffff })

describe('Vocabulary', () => {
  test('starts with the symbol for novel characters alone', () => {
    const vocabulary = new Vocabulary()
    expect({ size: vocabulary.size, limit: vocabulary.limit, alphabet: vocabulary.alphabet }).toEqual({
      size: 1,
      limit: 1024,
      alphabet: 'characters',
    })
    expect(vocabulary.symbolOf(97)).toBe(NOVEL)
    expect(vocabulary.characterOf(NOVEL)).toBeUndefined()
    expect(vocabulary.characterOf(1)).toBeUndefined()
  })

  test('prices a novel character at one of all code points', () => {
    expect(new Vocabulary().novelCost / Math.LN2).toBeCloseTo(Math.log2(1114112), 12)
  })

  test('gives the next symbol to each new character, and to a known one its own', () => {
    const vocabulary = new Vocabulary()
    expect(Array.from('abba!', (character) => vocabulary.add(character.codePointAt(0)!))).toEqual([1, 2, 2, 1, 3])
    expect(vocabulary.size).toBe(4)
  })

  test('holds the character 0 like any other', () => {
    const vocabulary = new Vocabulary()
    expect(vocabulary.add(0)).toBe(1)
    expect([vocabulary.symbolOf(0), vocabulary.characterOf(1)]).toEqual([1, 0])
  })

  test('keeps characters novel once it holds `limit` symbols', () => {
    const vocabulary = new Vocabulary('characters', 3)
    expect([97, 98, 99, 97, 100].map((character) => vocabulary.add(character))).toEqual([1, 2, NOVEL, 1, NOVEL])
    expect(vocabulary.size).toBe(3)
    expect(vocabulary.symbolOf(99)).toBe(NOVEL)
  })

  test('is the closed set of 256 bytes with the alphabet bytes, whatever the limit', () => {
    const vocabulary = new Vocabulary('bytes', 10)
    expect({ size: vocabulary.size, limit: vocabulary.limit, novelCost: vocabulary.novelCost }).toEqual({ size: 256, limit: 256, novelCost: 0 })
    for (let byte = 0; byte < 256; byte++) expect([vocabulary.symbolOf(byte), vocabulary.characterOf(byte)]).toEqual([byte, byte])
    expect(vocabulary.add(256)).toBe(NOVEL)
    expect(vocabulary.size).toBe(256)
  })

  test.prop([fc.array(codePoint, { maxLength: 60 }), fc.integer({ min: 2, max: 30 })])(
    'never changes the character of a symbol nor passes its limit',
    (characters, limit) => {
      const vocabulary = new Vocabulary('characters', limit)
      const seen = new Map<number, number>()
      for (const character of characters) {
        const symbol = vocabulary.add(character)
        if (symbol !== NOVEL) expect(seen.get(character) ?? symbol).toBe(symbol)
        if (symbol !== NOVEL) seen.set(character, symbol)
        for (const [known, itsSymbol] of seen) expect([vocabulary.symbolOf(known), vocabulary.characterOf(itsSymbol)]).toEqual([itsSymbol, known])
        expect(vocabulary.size).toBe(1 + seen.size)
        expect(vocabulary.size).toBeLessThanOrEqual(limit)
      }
      expect(seen.size).toBe(Math.min(new Set(characters).size, limit - 1))
    },
  )

  test.prop([fc.uniqueArray(codePoint, { maxLength: 20 }), fc.nat(21)])(
    'is loaded as it was saved, up to the symbol that is asked for',
    (characters, more) => {
      const [saved, loaded] = [new Vocabulary(), new Vocabulary('characters', characters.length + 2)]
      for (const character of characters) saved.add(character)
      const size = Math.min(1 + more, saved.size)
      const saver = new Saver()
      expect(saved.transfer(saver, size)).toBe(size)
      expect(loaded.transfer(new Loader(saver.tensors, saver.metadata), 1)).toBe(size)
      expect(Array.from({ length: loaded.size }, (_, symbol) => loaded.characterOf(symbol))).toEqual([undefined, ...characters.slice(0, size - 1)])
    },
  )

  test.each([
    [[97, -1], 'the vocabulary holds -1, which is no character'],
    [[0x110000], 'the vocabulary holds 1114112, which is no character'],
    [[97.5], 'the vocabulary holds 97.5, which is no character'],
    [[97, 98, 97], 'the vocabulary holds a character twice'],
  ])('is not loaded from %j', (characters, message) => {
    const saver = new Saver()
    saver.list('vocabulary', Float64Array.from(characters))
    expect(() => new Vocabulary().transfer(new Loader(saver.tensors, saver.metadata), 1)).toThrow(new RangeError(message))
  })

  test('is loaded up to its limit, and not beyond', () => {
    const saver = new Saver()
    saver.list('vocabulary', Float64Array.of(97, 98))
    const load = (limit: number) => new Vocabulary('characters', limit).transfer(new Loader(saver.tensors, saver.metadata), 1)
    expect(load(3)).toBe(3)
    expect(() => load(2)).toThrow('vocabulary has 2 numbers, more than 1')
  })

  test('of bytes has nothing to save', () => {
    const saver = new Saver()
    expect(new Vocabulary('bytes').transfer(saver, 256)).toBe(256)
    expect(saver.tensors).toHaveLength(0)
  })
})
