import { fc, test } from '@fast-check/vitest'
import { concat, defer, from, NEVER, of, toArray } from 'rxjs'
import { describe, expect } from 'vitest'
import type { GradedLine } from '../../src/alerts/grader.ts'
import { type AlertOptions, AlertStream, type GradedSegment } from '../../src/alerts/pipeline.ts'
import { Loader, Saver } from '../../src/checkpoint/archives.ts'
import { learn } from '../../src/learn.ts'
import { createModel } from '../../src/network/create.ts'
import { digest } from '../../src/network/digest.ts'
import type { Model } from '../../src/network/model.ts'
import { StreamState, saveStream } from '../../src/network/stream.ts'
import { incompleteTail } from '../../src/text/incomplete.ts'
import { MASK_NAMES } from '../../src/text/mask.ts'
import type { Chunk } from '../../src/text/decoder.ts'
import { complies } from '../operators/compliance.ts'
import { sum } from '../operators/parts.ts'

const snippets = fc.constantFrom(
  'health ok',
  '\x1b[1m',
  '\x1b]0;t\x07',
  '\x1b',
  '[',
  '12',
  '.',
  ':',
  'a',
  'ö',
  '😀',
  ' ',
  '\n',
  '\r\n',
  '\r',
  '2026-01-31',
  'T10:00:00Z',
  '0xff',
)
const junk = fc.constantFrom([0xff], [0xc3], [0xf0, 0x9f], [0xe2, 0x82], [0])
const bytes = fc
  .array(fc.oneof({ weight: 9, arbitrary: snippets.map((text) => [...new TextEncoder().encode(text)]) }, { weight: 1, arbitrary: junk }), {
    maxLength: 40,
  })
  .map((parts) => Uint8Array.from(parts.flat()))
const cuts = fc.array(fc.integer({ min: 1, max: 7 }), { minLength: 1, maxLength: 5 })
const options = fc.record({
  mask: fc.constantFrom([], ['numbers'], MASK_NAMES),
  ignore: fc.constantFrom(undefined, (line: string) => line.startsWith('health')),
  learnAll: fc.boolean(),
  explain: fc.boolean(),
  keepBytes: fc.constant(true),
}) as fc.Arbitrary<AlertOptions>

const smallModel = () => createModel({ hidden: 3, ngram: 2, tableBits: 6, conductorBits: 6, every: 4, through: 6, backend: 'reference' })

function cut(bytes: Uint8Array, lengths: readonly number[]): readonly Uint8Array[] {
  const pieces: Uint8Array[] = []
  for (let from = 0, i = 0; from < bytes.length; i++) {
    const to = from + lengths[i % lengths.length]!
    pieces.push(bytes.subarray(from, to))
    from = to
  }
  return pieces
}

function gradedOf(chunks: readonly Chunk[], options: AlertOptions, model: Model = smallModel()): readonly GradedSegment[] {
  let all: readonly GradedSegment[] = []
  from(chunks)
    .pipe(new AlertStream(model, options).grade(), toArray())
    .subscribe((graded) => (all = graded))
  return all
}
const linesOf = (graded: readonly GradedSegment[]) => graded.flatMap(({ lines }) => lines)
const written = (lines: readonly GradedLine[]) => Buffer.concat(lines.flatMap(({ raw, end }) => [raw!.bytes, Buffer.from(end)]))
/** What of a line must not depend on how the text was cut */
const plain = ({ raw, peak, ...line }: GradedLine) => ({
  ...line,
  bytes: raw && [...raw.bytes],
  peak: peak && { ...peak, prediction: peak.prediction.top(3).filter(([, probability]) => probability > 0) },
})

describe('an alert stream', () => {
  complies(() => {
    const view = ({ lines }: GradedSegment) => lines.map(({ text }) => text)
    return { operator: (text$) => defer(() => new AlertStream(smallModel()).grade()(text$)), inputs: ['ab\n', 'c\r\nabc\nb', 'a'], view }
  })

  test.prop([bytes, cuts, options])('gives out, line by line, what went in, to the byte, and the same however it is cut', (all, lengths, options) => {
    const whole = linesOf(gradedOf([all], options))
    const pieces = linesOf(gradedOf(cut(all, lengths), options))
    expect(written(pieces).equals(all)).toBe(true)
    expect(pieces.map(plain)).toEqual(whole.map(plain))
    for (const { text, raw, cut } of pieces) expect([text, cut]).toEqual([new TextDecoder('utf-8', { ignoreBOM: true }).decode(raw!.bytes), 0])
  })

  const anyEnd = fc.constantFrom('\n', '\r\n')
  const anyLine = fc.array(fc.constantFrom('a', 'b', '\r', ' '), { maxLength: 4 }).map((parts) => parts.join('').replace(/\r+$/, ''))

  test.prop([fc.array(fc.tuple(anyLine, anyEnd), { maxLength: 8 }), anyLine, cuts], { examples: [[[['', '\r\n']], '', [1]]] })(
    'ends a line at LF or CR LF, also one without a text, and at the end of the stream',
    (ended, last, lengths) => {
      const text = ended.map((parts) => parts.join('')).join('') + last
      const lines = linesOf(gradedOf(cut(Buffer.from(text), lengths), {}))
      const expected = last === '' ? ended : [...ended, [last, '']]
      expect(lines.map(({ text, end }) => [text, end])).toEqual(expected)
      expect(lines.map(({ characters }) => String.fromCodePoint(...characters))).toEqual(expected.map(([text]) => text))
    },
  )

  test.prop([bytes, cuts])('gives each line the bits of its characters', (all, lengths) => {
    const graded = gradedOf(cut(all, lengths), {})
    const losses = graded.flatMap(({ segment }) => [...(segment?.losses ?? [])])
    const lines = linesOf(graded)
    expect(sum(lines.map(({ length }) => length))).toBe(losses.length)
    expect(sum(lines.map(({ bits }) => bits))).toBeCloseTo(sum(losses) / Math.LN2, 6)
    let offset = 0
    for (const line of lines) {
      const bits = losses.slice(offset, (offset += line.length)).map((nats) => nats / Math.LN2)
      expect(line.offset).toBe(offset)
      expect([...line.surprise]).toEqual(bits.slice(0, line.surprise.length))
      expect(line.length - line.characters.length).toBe(line.end.length)
    }
  })

  test.prop([bytes, fc.nat(200), options])('resumes from where it was saved, also within a line', (all, at, options) => {
    const [before, after] = [all.subarray(0, at), all.subarray(at)]
    // the first bytes of a character that the cut divides are not saved: its source sends them again
    fc.pre(incompleteTail(before) === 0)
    const model = smallModel()
    const saver = new Saver()
    const first = new AlertStream(model, { ...options, explain: false })
    const tape = model.tape(model.options)
    const lines: GradedLine[] = []
    let place: GradedSegment['segment']
    concat(of(before), NEVER)
      .pipe(first.grade({ tape }))
      .subscribe(({ segment, lines: some }) => {
        place = segment ?? place
        lines.push(...some)
      })
    if (place !== undefined) saveStream(saver, tape, model.symbols, place.next, place.offset)
    first.transfer(saver)
    const archive = new Loader(saver.tensors, saver.metadata)
    const resumed = new AlertStream(model, { ...options, explain: false })
    resumed.transfer(archive)
    const from = place && new StreamState(archive, model.symbols)
    of(after)
      .pipe(resumed.grade({ from }))
      .subscribe(({ lines: some }) => lines.push(...some))
    const straight = linesOf(gradedOf([before, after], { ...options, explain: false }))
    const known = ({ text, end, length, offset, bits, raw }: GradedLine) => ({ text, end, length, offset, bits, bytes: [...raw!.bytes] })
    expect(lines.map(known)).toEqual(straight.map(known))
  })

  test('keeps halves of surrogate pairs when it is saved between them', () => {
    const chunks = ['\ud83d', '\ud83d', '\ude00x\n']
    const model = smallModel()
    const tape = model.tape(model.options)
    const [first, resumed] = [new AlertStream(model), new AlertStream(model)]
    concat(from(chunks.slice(0, 2)), NEVER)
      .pipe(first.grade({ tape }))
      .subscribe()
    const saver = new Saver()
    first.transfer(saver)
    resumed.transfer(new Loader(saver.tensors, saver.metadata))
    // the reader holds the second half back; whoever saves remembers it, as `Tail` does
    const lines: GradedLine[] = []
    from(['\ud83d', chunks[2]!])
      .pipe(resumed.grade({ tape }))
      .subscribe(({ lines: some }) => lines.push(...some))
    expect(lines.map(({ text, length }) => [text, length])).toEqual([['\ud83d😀x', 4]])
  })

  test('cuts a long line, and counts what it is without', () => {
    const [line] = linesOf(gradedOf([new TextEncoder().encode(`a${'b'.repeat(20)}\r\n`)], { longestLine: 8, keepBytes: true }))
    expect(line).toMatchObject({ text: 'abbbbbbb', cut: 13, end: '\r\n', length: 23, raw: { cut: 13 } })
    expect([line?.characters.length, line?.surprise.length, line?.raw?.bytes.length]).toEqual([8, 8, 8])
    const [wide] = linesOf(gradedOf(['abc😀😀😀\n'], { longestLine: 4 }))
    expect(wide).toMatchObject({ text: 'abc', cut: 3 })
  })

  test('finds where a line surprises most, with what was expected there', () => {
    const [first, second] = linesOf(gradedOf(['abab\nab', 'cb\nab'], { explain: true }))
    for (const line of [first!, second!]) {
      const most = Math.max(...line.surprise)
      if (line.peak!.at < line.surprise.length)
        expect([line.peak!.at, line.peak!.nats]).toEqual([line.surprise.indexOf(most), expect.closeTo(most * Math.LN2, 9)])
    }
    expect(linesOf(gradedOf(['abab\n'], {}))[0]?.peak).toBeUndefined()
  })
})

describe('muting', () => {
  const NORMAL = 'GET /index 200\nPUT /item 201\n'
  const STRANGE = 'kernel: Out of memory! Killed process 7\n'
  const small = { hidden: 8, ngram: 3, tableBits: 10, conductorBits: 6, every: 5, through: 8 }
  const learnt = (chunks: readonly string[], options: AlertOptions) => {
    const model = createModel(small)
    const graded = gradedOf(chunks, options, model)
    return { digest: digest(model), losses: graded.flatMap(({ segment }) => [...(segment?.losses ?? [])]) }
  }
  const plainly = (text: string) => {
    const model = createModel(small)
    of(text).pipe(learn(model)).subscribe()
    return digest(model)
  }

  test('learns everything while it does not know what is usual, and with learnAll', () => {
    expect(learnt([NORMAL.repeat(40) + STRANGE], {}).digest).toBe(plainly(NORMAL.repeat(40) + STRANGE))
    expect(learnt([NORMAL.repeat(100) + STRANGE], { learnAll: true }).digest).toBe(plainly(NORMAL.repeat(100) + STRANGE))
    expect(learnt([NORMAL.repeat(100) + STRANGE], {}).digest).not.toBe(plainly(NORMAL.repeat(100) + STRANGE))
  })

  test('is as surprised when a fault comes again, but learns one that keeps coming', () => {
    const costOf = (text: string, options: AlertOptions) => sum(learnt([text], options).losses.slice(-STRANGE.length))
    const twice = NORMAL.repeat(200) + STRANGE + NORMAL.repeat(5) + STRANGE
    const mutedAgain = costOf(twice, {})
    expect(mutedAgain).toBeGreaterThan(1.3 * costOf(twice, { learnAll: true }))
    expect(costOf(NORMAL.repeat(200) + STRANGE.repeat(60), {})).toBeLessThan(0.05 * mutedAgain)
  })

  test.prop(
    [fc.array(fc.constantFrom('GET /a\n', 'PUT /b 12\n', 'strange é!\n', 'x', '\n'), { minLength: 150, maxLength: 300 }), fc.nat({ max: 60 })],
    {
      numRuns: 20,
    },
  )('gives the same to the bit, however the text is cut', (words, size) => {
    const text = words.join('')
    const chunks = text.match(new RegExp(`[^]{1,${size + 1}}`, 'gu')) ?? []
    const whole = learnt([text], { alertRate: 0.2 })
    expect(learnt(chunks, { alertRate: 0.2 })).toEqual(whole)
    expect(learnt(Array.from(text), { alertRate: 0.2 })).toEqual(whole)
  })
})
