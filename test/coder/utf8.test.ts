import { fc, test } from '@fast-check/vitest'
import { describe, expect } from 'vitest'
import { isReadable, Utf8Reader, writeUtf8 } from '../../src/coder/utf8.ts'
import { anyBytes, cut, cuts } from './parts.ts'

function read(chunks: readonly Uint8Array[]): readonly number[] {
  const reader = new Utf8Reader()
  return [...chunks.flatMap((chunk) => reader.push(chunk)), ...reader.flush()]
}

function write(characters: readonly number[]): Uint8Array {
  const bytes = new Uint8Array(4 * characters.length)
  const length = characters.reduce((at, character) => at + writeUtf8(bytes, at, character), 0)
  return bytes.subarray(0, length)
}

describe('UTF-8 without loss', () => {
  test.prop([anyBytes, cuts])('gives any bytes back, however they are cut', (bytes, at) => {
    const characters = read(cut(bytes, at))
    expect(write(characters)).toEqual(bytes)
    expect(characters).toEqual(read([bytes]))
    expect(characters.every(isReadable)).toBe(true)
  })

  test.prop([fc.string({ unit: 'binary' })])('reads valid UTF-8 as its characters', (text) => {
    expect(read([new TextEncoder().encode(text)])).toEqual(Array.from(text, (character) => character.codePointAt(0)))
  })

  test.prop([anyBytes])('escapes exactly the bytes that TextDecoder refuses', (bytes) => {
    const escapes = read([bytes]).some((character) => character >= 0xdc80 && character <= 0xdcff)
    const strict = new TextDecoder('utf-8', { fatal: true })
    if (escapes) expect(() => strict.decode(bytes)).toThrow(TypeError)
    else expect(() => strict.decode(bytes)).not.toThrow()
  })

  test.prop([anyBytes, fc.nat()])('reads the rest of a text the same when it starts at any of its characters', (bytes, somewhere) => {
    const characters = read([bytes])
    const at = somewhere % (characters.length + 1)
    expect(read([write(characters.slice(0, at))])).toEqual(characters.slice(0, at))
    expect(read([write(characters.slice(at))])).toEqual(characters.slice(at))
  })
})
