import { fc, test } from '@fast-check/vitest'
import { describe, expect } from 'vitest'
import { Loader, Saver } from '../../src/checkpoint/archives.ts'
import { LineFilter } from '../../src/text/line-filter.ts'
import { DEFAULT_MASK, MASK_NAMES } from '../../src/text/mask.ts'
import { replaceRanges } from '../../src/text/ranges.ts'
import { Reader, type ReaderOptions } from '../../src/text/reader.ts'
import type { Excerpt, Span } from '../../src/text/span.ts'

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

  test('gives of each chunk its lines, with the bytes where it came as bytes', () => {
    const plain = (text: string) => [{ text, learned: text }]
    expect([...new Reader().push('a\nb')]).toEqual([
      { spans: plain('a\n'), learned: 'a\n', ignored: false, endsLine: true, bytes: undefined },
      { spans: plain('b'), learned: 'b', ignored: false, endsLine: false, bytes: undefined },
    ])
    expect([...new Reader().push(bytesOf('a\nb'))]).toEqual([
      { spans: plain('a\n'), learned: 'a\n', ignored: false, endsLine: true, bytes: bytesOf('a\n') },
      { spans: plain('b'), learned: 'b', ignored: false, endsLine: false, bytes: bytesOf('b') },
    ])
  })

  test('gives at the end what it held, and nothing when it held nothing', () => {
    const flushed = (text: string, options?: ReaderOptions) => {
      const reader = new Reader(options)
      for (const { spans } of reader.push(text)) expect(spans.map(({ text }) => text)).not.toContain('')
      return [...reader.flush()]
    }
    for (const options of [{}, OPTIONS, RANGES]) for (const text of ['', 'a\n', 'health\n']) expect(flushed(text, options)).toEqual([])
    expect(flushed(`health${'x'.repeat(70_000)}`, OPTIONS)).toEqual([])
    const rest = { ignored: false, endsLine: false, bytes: undefined }
    expect(flushed('a\nb', OPTIONS)).toEqual([{ spans: [{ text: 'b', learned: 'b' }], learned: 'b', ...rest }])
    expect(flushed('12', { mask: ['numbers'] })).toEqual([{ spans: [{ text: '12', learned: '#' }], learned: '#', ...rest }])
    expect(flushed('health', OPTIONS)).toEqual([{ spans: [{ text: 'health', learned: '' }], learned: '', ...rest, ignored: true }])
  })

  test.each(['aa', 'aa\n', 'aa\r\n', '\x1b[1maa\x1b[0m\r\n', 'a\ra\n'])(
    'shows a line without its end and escape sequences to what decides: %j',
    (text) => {
      const seen: string[] = []
      const look = (line: string) => {
        seen.push(line)
        return []
      }
      read([bytesOf(text)], { maskRanges: look, ignore: (line) => look(line).length > 0 })
      const line = text.includes('\ra') ? 'a\ra' : 'aa'
      expect(seen.filter((line) => line !== '')).toEqual([line, line])
    },
  )

  test('is saved by one and loaded by another that masks and ignores more', () => {
    const [plain, saver] = [new Reader(), new Saver()]
    expect([...plain.push('a\x1b')]).toHaveLength(1)
    plain.transfer(saver)
    const reader = new Reader(OPTIONS)
    reader.transfer(new Loader(saver.tensors, saver.metadata))
    expect(learnedOf([...reader.push('[1m12\n')])).toBe('#\n')
    new Reader(OPTIONS).transfer(saver)
    new Reader().transfer(new Loader(saver.tensors, saver.metadata))
  })
})

describe('a filter of lines', () => {
  const LONGEST = 65_536

  test.each([
    [LONGEST, 0],
    [LONGEST + 1, LONGEST + 1],
  ])('of %d units of a line releases %d before the line ends', (length, released) => {
    const filter = new LineFilter((line) => line.length !== Math.min(length, LONGEST))
    expect(filter.push('x'.repeat(length - 1), false)).toEqual({ text: '', ignored: false, start: 0 })
    expect(filter.push('x', false).text).toHaveLength(released)
    expect(filter.held).toHaveLength(length - released)
    expect(filter.push('\n', true)).toMatchObject({ ignored: false, start: released === 0 ? LONGEST : 0 })
    expect(filter.push('x\n', true)).toEqual({ text: 'x\n', ignored: true, start: 2 })
  })

  test.each([
    ['at the start of a line', '', 'health\n', { text: 'health\n', ignored: true, start: 7 }],
    ['within a line', 'hea', 'lth\n', { text: 'health\n', ignored: true, start: 7 }],
    ['in the rest of a long line that is ignored', `health${'x'.repeat(LONGEST)}`, 'a', { text: 'a', ignored: true, start: 0 }],
    ['in the rest of a long line that is not', 'x'.repeat(LONGEST + 1), 'a', { text: 'a', ignored: false, start: 0 }],
  ])('resumes from where it was saved %s', (_, before, after, expected) => {
    const isHealth = (line: string) => line.startsWith('health')
    const [filter, loaded, saver] = [new LineFilter(isHealth), new LineFilter(isHealth), new Saver()]
    filter.push(before, false)
    filter.transfer(saver)
    loaded.transfer(new Loader(saver.tensors, saver.metadata))
    expect(loaded.push(after, after.endsWith('\n'))).toEqual(expected)
  })
})

test.prop([
  fc.array(
    fc.oneof(
      fc.constantFrom('a', 'bc', 'def', 'ghij').map((text) => ({ text, learned: text })),
      fc.constant({ text: '\x1b[m', learned: '' }),
    ),
  ),
  fc.uniqueArray(fc.nat(12), { maxLength: 8 }).map((edges) => edges.toSorted((a, b) => a - b)),
])('a range of what is learned becomes one character for each span that it is in', (spans, edges) => {
  const ranges = Array.from({ length: edges.length >> 1 }, (_, i) => [edges[2 * i]!, edges[2 * i + 1]!] as const)
  const expected: Span[] = []
  let at = 0
  for (const { text, learned } of spans) {
    let last: number | undefined
    if (learned === '') expected.push({ text, learned })
    for (const character of learned) {
      const range = ranges.findIndex(([from, to]) => from <= at && at < to)
      const { text: before } = range === last ? expected.pop()! : { text: '' }
      expected.push({ text: before + character, learned: range === -1 ? before + character : '*' })
      last = range
      at += 1
    }
  }
  expect([...replaceRanges(spans, ranges)]).toEqual(expected)
})
