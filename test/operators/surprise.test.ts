import { from } from 'rxjs'
import { surprise } from '../../src/index.ts'
import { describe, expect, test } from 'vitest'
import { complies } from './compliance.ts'
import { scoredOf, smallModel, textOf } from './parts.ts'

describe('surprise', () => {
  complies(() => ({ operator: surprise(), inputs: scoredOf(smallModel(), 'ab', 'cabcab', 'c') }))

  test('tells the bits of each character, and passes the empty last segment on', () => {
    const scored = scoredOf(smallModel(), 'abx')
    const seen: unknown[] = []
    from(scored)
      .pipe(surprise())
      .subscribe(({ characters, bits, offset }) => seen.push([textOf(characters), [...bits], offset]))
    const bits = scored.flatMap(({ losses }) => Array.from(losses, (nats) => nats / Math.LN2))
    expect(bits[0]).toBeCloseTo(2, 12)
    expect(seen).toEqual([
      ['a', [bits[0]], 1],
      ['bx', [bits[1], bits[2]], 3],
      ['', [], 3],
    ])
  })
})
