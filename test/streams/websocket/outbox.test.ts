import { fc, test as property } from '@fast-check/vitest'
import { describe, expect, test } from 'vitest'
import { delayOf } from '../../../streams/websocket/backoff.ts'
import { Outbox } from '../../../streams/websocket/outbox.ts'

/** What a server would have that reads all that is to be sent */
function drain(outbox: Outbox, from = 0): string {
  let text = ''
  let next = from
  for (let piece = outbox.take(); piece !== undefined; piece = outbox.take()) {
    expect(piece.offset).toBe(next)
    next += Array.from(piece.text).length
    text += piece.text
  }
  return text
}

describe('Outbox', () => {
  property.prop([fc.array(fc.string({ unit: 'grapheme' })), fc.nat()])('hands on every character once, however it is cut', (chunks, seed) => {
    const whole = chunks.join('')
    const outbox = new Outbox()
    for (let at = 0, i = seed; at < whole.length; i++) {
      const to = at + 1 + (i % 3)
      outbox.push(whole.slice(at, to))
      at = to
    }
    expect(drain(outbox)).toBe(whole)
    expect(outbox.held).toBe(Array.from(whole).length)
  })

  property.prop([fc.array(fc.string({ unit: 'grapheme', minLength: 1 }), { minLength: 1 }), fc.nat(), fc.nat()])(
    'continues anywhere between what is safe and what was put in',
    (chunks, a, b) => {
      const characters = Array.from(chunks.join(''))
      const [x, y] = [a % (characters.length + 1), b % (characters.length + 1)]
      const [safe, next] = [Math.min(x, y), Math.max(x, y)]
      const outbox = new Outbox()
      for (const chunk of chunks) {
        outbox.push(chunk)
        outbox.take()
      }
      outbox.acknowledge(safe)
      expect(outbox.held).toBe(characters.length - safe)
      outbox.rewind(next)
      const first = outbox.take()
      // a piece may begin before that, which the server skips
      if (first === undefined) expect(next).toBe(characters.length)
      else {
        expect(first.offset).toBeLessThanOrEqual(next)
        expect(first.offset).toBeGreaterThanOrEqual(safe)
        expect(first.text + drain(outbox, first.offset + Array.from(first.text).length)).toBe(characters.slice(first.offset).join(''))
      }
    },
  )

  test('omits what is safe before it comes', () => {
    const outbox = new Outbox()
    outbox.acknowledge(4)
    outbox.push('ab')
    outbox.push('cdef')
    expect(outbox.held).toBe(2)
    expect(outbox.take()).toEqual({ offset: 4, text: 'ef' })
  })

  test('makes one message of a trickle that cannot leave, and several of a flood', () => {
    const outbox = new Outbox()
    for (const character of 'hello') outbox.push(character)
    expect(outbox.take()).toEqual({ offset: 0, text: 'hello' })
    outbox.push('x'.repeat(40_000))
    expect([outbox.take()!.text.length, outbox.take()!.text.length, outbox.take()!.text.length]).toEqual([16384, 16384, 7232])
  })
})

describe('delayOf', () => {
  test('doubles up to the most, less up to a half at random', () => {
    const backoff = { first: 100, most: 1000 }
    expect([1, 2, 3, 4, 5, 50].map((failures) => delayOf(failures, backoff, () => 1))).toEqual([100, 200, 400, 800, 1000, 1000])
    expect(delayOf(2, backoff, () => 0)).toBe(100)
  })
})
