import { fc, test } from '@fast-check/vitest'
import { describe, expect } from 'vitest'
import { RangeDecoder, RangeEncoder } from '../../src/coder/range.ts'

interface Interval {
  readonly start: number
  readonly frequency: number
  readonly total: number
}

const total = fc.oneof(fc.integer({ min: 1, max: 300 }), fc.integer({ min: 1, max: 2 ** 28 }), fc.constant(2 ** 28))
/** Narrow ones, wide ones, and those at either end, where carries come from */
const interval = total.chain((total) =>
  fc.oneof(
    fc.tuple(fc.nat({ max: total - 1 }), fc.nat({ max: total - 1 })).map(([a, b]): Interval => {
      return { start: Math.min(a, b), frequency: Math.abs(a - b) + 1, total }
    }),
    fc.constantFrom<Interval>({ start: 0, frequency: 1, total }, { start: total - 1, frequency: 1, total }, { start: 0, frequency: total, total }),
  ),
)
const intervals = fc.array(interval, { maxLength: 200 })

function encode(intervals: readonly Interval[]): Uint8Array {
  const encoder = new RangeEncoder()
  for (const { start, frequency, total } of intervals) encoder.encode(start, frequency, total)
  return encoder.finish()
}

function decoderOf(bytes: Uint8Array): RangeDecoder {
  let at = 0
  return new RangeDecoder(() => bytes[at++] ?? 0)
}

describe('the range coder', () => {
  test.prop([intervals])('decodes any sequence of intervals', (intervals) => {
    const decoder = decoderOf(encode(intervals))
    for (const { start, frequency, total } of intervals) {
      const position = decoder.position(total)
      expect(position).toBeGreaterThanOrEqual(start)
      expect(position).toBeLessThan(start + frequency)
      decoder.narrow(start, frequency)
    }
  })

  test.prop([intervals])('takes as many bytes as the intervals have bits, and at most two more', (intervals) => {
    const bits = intervals.reduce((sum, { frequency, total }) => sum + Math.log2(total / frequency), 0)
    expect(encode(intervals).length).toBeLessThanOrEqual(bits / 8 + 2 + 0.0001 * intervals.length)
  })

  test('carries through any number of bytes', () => {
    // 0.111...1 in binary, and then a little more than its last bit
    const intervals = [...Array.from({ length: 80 }, () => ({ start: 254, frequency: 2, total: 256 })), { start: 255, frequency: 1, total: 256 }]
    const decoder = decoderOf(encode(intervals))
    for (const { start, frequency, total } of intervals) {
      expect(decoder.position(total)).toBeGreaterThanOrEqual(start)
      decoder.narrow(start, frequency)
    }
  })

  test('names nothing with no bytes', () => {
    expect(encode([])).toHaveLength(0)
  })
})
