import { fc, test } from '@fast-check/vitest'
import { describe, expect } from 'vitest'
import { Order2 } from '../../bench/order2.mjs'

const ALPHABET = 4
const character = fc.integer({ min: 0, max: ALPHABET - 1 })

function bitsOf(characters: readonly number[]): number {
  const order2 = new Order2(ALPHABET)
  order2.add(characters)
  return order2.bits
}

describe('Order2', () => {
  test.prop([fc.array(character, { maxLength: 60 })])(
    'gives lengths of a real code: what could come next has a probability of at most 1 in all',
    (before) => {
      const sum = Array.from({ length: ALPHABET }, (_, next) => 2 ** (bitsOf(before) - bitsOf([...before, next]))).reduce((a, b) => a + b, 0)
      expect(sum).toBeLessThanOrEqual(1 + 1e-9)
    },
  )

  test('pays for a new character by all there are, then by its counts', () => {
    expect(bitsOf([1])).toBe(2)
    // the context of nothing has seen one character once: 1 of 2, as an escape has
    expect(bitsOf([1, 1])).toBe(3)
    expect(bitsOf([1, 2])).toBe(5)
  })

  test('learns what follows two characters', () => {
    const text = Array.from({ length: 3000 }, (_, i) => [0, 1, 1, 2, 1, 3][i % 6]!)
    expect(bitsOf(text) / text.length).toBeLessThan(0.05)
  })
})
