import { fc, test } from '@fast-check/vitest'
import { describe, expect } from 'vitest'
import { Loader, Saver } from '../../src/checkpoint/archives.ts'
import { type RawLine, RawLines } from '../../src/cli/watch/raw-lines.ts'

const bytes = fc.array(fc.constantFrom(0x0a, 0x0d, 0x61, 0xc3, 0xb6, 0xff, 0xf0, 0x9f), { maxLength: 30 }).map((all) => Uint8Array.from(all))

/** The lines of bytes that come in two pieces */
function linesOf(all: Uint8Array, at: number, between: (lines: RawLines) => RawLines = (lines) => lines): readonly RawLine[] {
  let lines = new RawLines()
  lines.push(all.subarray(0, at))
  const ended = (piece: Uint8Array) => piece.filter((byte) => byte === 0x0a).length
  const taken = Array.from({ length: ended(all.subarray(0, at)) }, () => lines.take())
  lines = between(lines)
  lines.push(all.subarray(at))
  return [...taken, ...Array.from({ length: ended(all.subarray(at)) }, () => lines.take()), lines.partial]
}

const joined = (lines: readonly RawLine[]) => Buffer.concat(lines.flatMap((line) => [line.bytes, Buffer.from(line.end)]))

describe('the lines of a stream', () => {
  test.prop([bytes, fc.nat(30)])('are all of its bytes, however they are cut', (all, at) => {
    const lines = linesOf(all, at)
    expect(joined(lines).equals(all)).toBe(true)
    expect(lines.map(({ bytes, end }) => [Buffer.from(bytes).toString('hex'), end])).toEqual(
      linesOf(all, 0).map(({ bytes, end }) => [Buffer.from(bytes).toString('hex'), end]),
    )
    expect(lines.every(({ cut }) => cut === 0)).toBe(true)
  })

  test.prop([bytes, fc.nat(30)])('go on from where they were saved', (all, at) => {
    const loaded = (lines: RawLines) => {
      const saver = new Saver()
      lines.transfer(saver)
      const other = new RawLines()
      other.transfer(new Loader(saver.tensors, saver.metadata))
      return other
    }
    expect(joined(linesOf(all, at, loaded)).equals(all)).toBe(true)
  })

  test('drop a character that is not complete when it will be read again', () => {
    const lines = new RawLines()
    lines.push(Buffer.from('aö').subarray(0, 2))
    lines.dropIncomplete()
    lines.push(Buffer.from('ö\r\n'))
    expect(lines.take()).toEqual({ bytes: Buffer.from('aö'), cut: 0, end: '\r\n' })
  })

  test.each([
    ['ASCII', 'a'.repeat(65_536), '\n', 65_536, 0],
    ['one more', 'a'.repeat(65_537), '\r\n', 65_536, 1],
    ['a character across the edge', `a${'ö'.repeat(40_000)}`, '\r\n', 65_535, 40_001 - 32_768],
    ['without an end', 'a'.repeat(70_000), '', 65_536, 4464],
  ])('are cut after 64 KiB: %s', (_, text, end, length, cut) => {
    const lines = new RawLines()
    for (const piece of [text.slice(0, 100), text.slice(100), end]) lines.push(Buffer.from(piece))
    const line = lines.take()
    expect({ length: line.bytes.length, cut: line.cut, end: line.end }).toEqual({ length, cut, end })
    expect(text.startsWith(Buffer.from(line.bytes).toString())).toBe(true)
  })
})
