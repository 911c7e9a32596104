import { inspect } from 'node:util'
import { fc, test } from '@fast-check/vitest'
import { describe, expect } from 'vitest'
import { bytesOf, characterName, chunkOf, textOf } from '../../src/text/characters.ts'
import { counted } from '../../src/text/counted.ts'
import { rounded, showAs } from '../../src/text/inspect.ts'
import { namesIn } from '../../src/text/list-of.ts'
import { messageOf } from '../../src/text/message-of.ts'
import { charactersIn, cutAt, skipCharacters } from '../../src/text/unicode.ts'
import { visible, visibleText } from '../../src/text/visible.ts'

const unit = fc.constantFrom('a', 'é', '😀', '\u{10ffff}', '\ud7ff', '\ud800', '\udbff', '\udc00', '\udfff', '\ue000', '\uffff')
const text = fc.string({ unit, maxLength: 8 })

describe('the characters of a text', () => {
  test.prop([text, fc.nat(9)])('are its code points: counted, skipped, and never cut', (text, at) => {
    const characters = Array.from(text)
    expect(charactersIn(text)).toBe(characters.length)
    expect(skipCharacters(text, at)).toBe(characters.slice(at).join(''))
    // a cut moves only where it would be within a pair, and then behind it
    expect(cutAt(text, at)).toBe(at + Number(Array.from(text.slice(0, at)).length + Array.from(text.slice(at)).length > characters.length))
  })

  test('become a string, however many they are', () => {
    const long = 'a😀'.repeat(5000)
    expect(textOf(Int32Array.from(long, (character) => character.codePointAt(0)!))).toBe(long)
    expect(textOf(Int32Array.of(0x1f600))).toBe('😀')
    expect(textOf(Int32Array.of())).toBe('')
  })

  test.prop([fc.string({ unit: 'binary' })], { examples: [['a'], ['aé'], ['\x7f']] })('are read as UTF-8 where they are bytes', (text) => {
    const bytes = Int32Array.from(new TextEncoder().encode(text))
    expect(textOf(bytes, 'bytes')).toBe(new TextDecoder('utf-8').decode(Uint8Array.from(bytes)))
  })

  test('have names, those of bytes beyond ASCII in hexadecimal', () => {
    expect([characterName(97, 'bytes'), characterName(127, 'bytes'), characterName(128, 'bytes')]).toEqual(['a', '\x7f', String.raw`\x80`])
    expect([characterName(97, 'characters'), characterName(128, 'characters'), characterName(0x1f600, 'characters')]).toEqual(['a', '\x80', '😀'])
  })

  test('are given to a model as what it learns: text, or bytes', () => {
    expect(chunkOf('a\xff', 'characters')).toBe('a\xff')
    expect(chunkOf('a\xff', 'bytes')).toEqual(Uint8Array.of(97, 255))
    expect(bytesOf('\0\x80')).toEqual(Uint8Array.of(0, 128))
  })
})

describe('what is shown of a character', () => {
  test.each([
    [0x00, '\u2400'],
    [0x09, '\t'],
    [0x1b, '\u241b'],
    [0x1f, '\u241f'],
    [0x20, ' '],
    [0x7e, '~'],
    [0x7f, '\u2421'],
    [0x80, '<80>'],
    [0x9f, '<9F>'],
    [0xa0, '\xa0'],
    [0x061b, '\u061b'],
    [0x061c, '<61C>'],
    [0x200d, '\u200d'],
    [0x200e, '<200E>'],
    [0x200f, '<200F>'],
    [0x2010, '\u2010'],
    [0x2029, '\u2029'],
    [0x202a, '<202A>'],
    [0x202e, '<202E>'],
    [0x202f, '\u202f'],
    [0x2065, '\u2065'],
    [0x2066, '<2066>'],
    [0x2069, '<2069>'],
    [0x206a, '\u206a'],
    [0xd7ff, '\ud7ff'],
    [0xd800, '<D800>'],
    [0xdfff, '<DFFF>'],
    [0xe000, '\ue000'],
    [0x1f600, '😀'],
  ])('controls nothing: U+%x', (character, shown) => {
    expect(visible(character)).toBe(shown)
    expect(visibleText(`a${String.fromCodePoint(character)}b`)).toBe(`a${shown}b`)
  })
})

describe('what people read', () => {
  test('counts with a unit', () => {
    expect([counted(0, 'line'), counted(1, 'line'), counted(4120, 'line')]).toEqual(['0 lines', '1 line', '4,120 lines'])
  })

  test('rounds to two places, and shows objects in short', () => {
    expect(rounded([1.005, -2.346, 3])).toEqual([1, -2.35, 3])
    class Shown {
      readonly secret = 7
    }
    showAs(Shown.prototype, (shown) => `short: ${shown instanceof Shown}`)
    expect(inspect(new Shown())).toBe('short: true')
  })

  test('is the message of an error, or what else was thrown', () => {
    expect([messageOf(new TypeError('no')), messageOf(7)]).toEqual(['no', '7'])
  })

  test('may be a list of names, in any order and more than once', () => {
    expect(namesIn('b,a,b', ['a', 'b', 'c'])).toEqual(['a', 'b'])
    expect(namesIn('a,d', ['a', 'b'])).toBeUndefined()
    expect(namesIn('', ['a'])).toBeUndefined()
  })
})
