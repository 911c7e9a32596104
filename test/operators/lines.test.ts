import { map, of } from 'rxjs'
import { type Line, lines, type Surprise } from 'rxrnn'
import { describe, expect, test } from 'vitest'
import { complies } from './compliance.ts'
import { marbles, textOf } from './parts.ts'

/** Characters that surprised by 1, 2, 3 ... bits */
function surpriseOf(text: string): Surprise {
  const characters = Int32Array.from(text, (character) => character.codePointAt(0)!)
  return { characters, bits: Float64Array.from(characters, (_, i) => i + 1), offset: 0 }
}

const toText = map(({ characters }: Line) => textOf(characters))

function linesOf(text: string, keep?: number): readonly Line[] {
  const all: Line[] = []
  of(surpriseOf(text))
    .pipe(lines(keep === undefined ? {} : { keep }))
    .subscribe((line) => all.push(line))
  return all
}

describe('lines', () => {
  complies(() => ({ operator: lines(), inputs: ['ab\ncd\r\n', 'e', 'f\n', 'gh'].map(surpriseOf) }))

  test('gives a line when it ends, and what is left when the stream does', () => {
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  -a-b------c-|', { a: surpriseOf('ab'), b: surpriseOf('c\nd\ne'), c: surpriseOf('f') })
      const expected = '     ---(xy)-----(z|)'
      expectObservable(source.pipe(lines(), toText)).toBe(expected, { x: 'abc', y: 'd', z: 'ef' })
      expectSubscriptions(source.subscriptions).toBe('^-----------!')
    })
  })

  test('counts the end of a line in its bits, length and offset, but not in its characters', () => {
    const [first, second] = linesOf('ab\nc')
    expect(first).toEqual({
      characters: Int32Array.of(97, 98),
      surprise: Float64Array.of(1, 2),
      bits: 1 + 2 + 3,
      length: 3,
      offset: 3,
    })
    expect(second).toMatchObject({ bits: 4, length: 1, offset: 4 })
  })

  test.each([
    ['LF', 'a\n\nb\n', ['a', '', 'b']],
    ['CRLF', 'a\r\nb\r\n', ['a', 'b']],
    ['NUL and a CR of its own, which end nothing', 'a\0\rb\n', ['a\0\rb']],
  ])('knows %s', (_, text, expected) => {
    expect(linesOf(text).map(({ characters }) => textOf(characters))).toEqual(expected)
  })

  test.each([
    ['abcdef\n', 'abc', 7],
    ['abc\n', 'abc', 4],
    ['ab\r\n', 'ab', 4],
    ['abcdef', 'abc', 6],
  ])('keeps the first characters only, whatever the line ends with: %j', (text, kept, length) => {
    const [line] = linesOf(text, 3)
    expect(line).toMatchObject({ characters: surpriseOf(kept).characters, surprise: surpriseOf(kept).bits, length })
    expect(line?.bits).toBe((length * (length + 1)) / 2)
  })

  test.each([-1, 1.5, NaN, Infinity])('refuses to keep %s characters', (keep) => {
    expect(() => lines({ keep })).toThrow(`keep is ${keep}, but it must be a whole number from 0`)
    expect(() => lines({ keep })).toThrow(expect.objectContaining({ name: 'OptionError', option: 'keep' }))
  })
})
