import { fc, test } from '@fast-check/vitest'
import { describe, expect } from 'vitest'
import { Loader, Saver } from '../../src/checkpoint/archives.ts'
import { DEFAULT_MASK, MASK_NAMES } from '../../src/text/mask.ts'
import { Reader, type ReaderOptions } from '../../src/text/reader.ts'
import type { Excerpt } from '../../src/text/span.ts'

const OPTIONS: ReaderOptions = { mask: MASK_NAMES, ignore: (line) => line.startsWith('health') }

const RANGES: ReaderOptions = {
  ...OPTIONS,
  maskRanges: (line) => Array.from(line.matchAll(/a+\d?/g), ({ index, 0: { length } }) => [index, index + length]),
}

const snippets = fc.constantFrom(
  'health ok',
  '\x1b[1m',
  '\x1b]0;t\x07',
  '\x1b',
  '[',
  '1',
  '12',
  '.',
  ':',
  '-',
  'a',
  'ö',
  '😀',
  ' ',
  '\n',
  '\r\n',
  '2026-01-31',
  'T10:00:00Z',
  '0xff',
)
const text = fc.array(snippets, { maxLength: 40 }).map((parts) => parts.join(''))
const bytesOf = (text: string) => new TextEncoder().encode(text)

/** The bytes in pieces of these lengths, again and again */
function cut(bytes: Uint8Array, lengths: readonly number[]): readonly Uint8Array[] {
  const pieces: Uint8Array[] = []
  for (let from = 0, i = 0; from < bytes.length; from += lengths[i++ % lengths.length]!) {
    pieces.push(bytes.subarray(from, from + lengths[i % lengths.length]!))
  }
  return pieces
}

const read = (pieces: readonly Uint8Array[], options: ReaderOptions) => {
  const reader = new Reader(options)
  return [...pieces.flatMap((piece) => [...reader.push(piece)]), ...reader.flush()]
}
const learnedOf = (excerpts: readonly Excerpt[]) => excerpts.map(({ learned }) => learned).join('')
const shownOf = (excerpts: readonly Excerpt[]) => excerpts.flatMap(({ spans }) => spans.map(({ text }) => text)).join('')

describe('a reader', () => {
  test.prop(
    [
      text,
      fc.array(fc.integer({ min: 1, max: 7 }), { minLength: 1 }),
      fc.constantFrom(OPTIONS, RANGES, { mask: DEFAULT_MASK }, {}, { ...OPTIONS, alphabet: 'bytes' as const }),
    ],
    {
      examples: [
        // CR LF cut in two, at the end of a line that is ignored or has a range; a byte order mark where a file begins
        ['health\r\n', [7], OPTIONS],
        ['aa\r\n\r\n', [3], RANGES],
        ['\ufeffa\n\ufeffb', [1], OPTIONS],
      ],
    },
  )('learns the same however the text is cut, and lets all of it through', (text, lengths, options) => {
    const whole = read([bytesOf(text)], options)
    const pieces = read(cut(bytesOf(text), lengths), options)
    expect(learnedOf(pieces)).toBe(learnedOf(whole))
    expect(shownOf(pieces)).toBe(shownOf(whole))
    if (options.alphabet === undefined) expect(shownOf(whole)).toBe(text)
  })

  test.prop([text, fc.nat()])('resumes from where it was saved', (text, at) => {
    const [before, after] = [text.slice(0, at % (text.length + 1)), text.slice(at % (text.length + 1))]
    fc.pre(!/[\ud800-\udbff]$/.test(before))
    const first = new Reader(OPTIONS)
    const excerpts = [...first.push(before)]
    const saver = new Saver()
    first.transfer(saver)
    const second = new Reader(OPTIONS)
    second.transfer(new Loader(saver.tensors, saver.metadata))
    excerpts.push(...second.push(after), ...second.flush())
    expect(learnedOf(excerpts)).toBe(learnedOf(read([bytesOf(text)], OPTIONS)))
    expect(shownOf(excerpts)).toBe(text)
  })

  test('learns nothing of a line that is ignored, whatever its colours and its end', () => {
    const excerpts = read([bytesOf('a\n\x1b[32mhealth\x1b[0m ok\r\nb\nhealth')], OPTIONS)
    expect(learnedOf(excerpts)).toBe('a\nb\n')
    expect(excerpts.filter(({ ignored }) => ignored).map((excerpt) => shownOf([excerpt]))).toEqual(['\x1b[32mhealth\x1b[0m ok\r\n', 'health'])
  })

  test('learns one character for each range of a line, and for each part of it that an escape sequence cuts', () => {
    const excerpts = read([bytesOf('xaa1 aa\x1b[1ma\x1b[0m 7\r\naa')], { maskRanges: RANGES.maskRanges })
    expect(learnedOf(excerpts)).toBe('x* ** 7\r\n*')
    expect(shownOf(excerpts)).toBe('xaa1 aa\x1b[1ma\x1b[0m 7\r\naa')
  })

  test('looks for ranges in the start of a long line, however it comes', () => {
    const line = 'a'.repeat(70_000)
    for (const pieces of [[line], [line.slice(0, 66_000), line.slice(66_000)], [line.slice(0, 7), line.slice(7)]]) {
      expect(learnedOf(read(pieces.map(bytesOf), { maskRanges: RANGES.maskRanges }))).toBe(`*${'a'.repeat(70_000 - 65_536)}`)
    }
  })

  test('holds nothing back without a mask or lines to ignore', () => {
    const reader = new Reader()
    expect(learnedOf([...reader.push('Password: 1')])).toBe('Password: 1')
    expect(reader.held).toBe('')
  })

  test('decides on a long line by its start, and does not hold its rest', () => {
    for (const start of ['health', 'other']) {
      const reader = new Reader(OPTIONS)
      const excerpts = [...reader.push(start + 'x'.repeat(70_000)), ...reader.push('y')]
      expect(excerpts.map(({ ignored }) => ignored)).toEqual(start === 'health' ? [true, true] : [false, false])
      expect(shownOf([...excerpts, ...reader.push('\n')])).toHaveLength(70_002 + start.length)
      expect(learnedOf([...reader.push('fine\n')])).toBe('fine\n')
    }
  })
})
