import { from, of, tap } from 'rxjs'
import { learn, type Stats, stats } from '../../src/index.ts'
import { describe, expect, test } from 'vitest'
import { complies } from './compliance.ts'
import { scoredOf, smallModel, sum } from './parts.ts'

describe('stats', () => {
  complies(() => {
    const model = smallModel()
    return { operator: stats(model, { scheduler: { now: () => 0 } }), inputs: scoredOf(model, 'ab', 'cabcab', 'c') }
  })

  test('counts characters, bits, updates and symbols', () => {
    const model = smallModel()
    const losses: number[] = []
    const all: Stats[] = []
    of('a', 'bcab', 'x')
      .pipe(
        learn(model),
        tap((learned) => losses.push(...learned.losses)),
        stats(model),
      )
      .subscribe((one) => all.push(one))
    const bits = sum(losses) / Math.LN2
    expect(all.map(({ characters, updates }) => [characters, updates])).toEqual([
      [1, 0],
      [5, 1],
      [6, 1],
      [6, 2],
    ])
    expect(all.at(-1)).toMatchObject({ learningRate: model.optimizer.learningRate, vocabulary: 5, dropped: 0, rollbacks: 0 })
    expect(all.at(-1)?.bitsPerCharacter.overall).toBeCloseTo(bits / 6, 12)
    expect(all.at(-1)?.bitsPerCharacter.recent).toBeCloseTo(bits / 6, 12)
  })

  test('keeps the gradient norm of the last update', () => {
    const model = smallModel()
    const norms: (readonly [number, number | undefined])[] = []
    let last: number | undefined
    of('abcab', 'c')
      .pipe(
        learn(model),
        tap(({ update }) => (last = update?.gradientNorm ?? last)),
        stats(model),
      )
      .subscribe(({ gradientNorm }) => norms.push([gradientNorm, last]))
    expect(norms[0]).toEqual([0, undefined])
    expect(norms[1]![0]).toBeGreaterThan(0)
    for (const [norm, expected] of norms.slice(1)) expect(norm).toBe(expected)
  })

  test('forgets old characters in the recent average', () => {
    const model = smallModel({ hidden: 8, learnAbove: 0 })
    let last: Stats | undefined
    of('abc'.repeat(3000))
      .pipe(learn(model), stats(model))
      .subscribe((one) => (last = one))
    expect(last!.bitsPerCharacter.recent).toBeLessThan(last!.bitsPerCharacter.overall / 2)
  })

  test('measures its speed by the clock it was given, from its subscription on', () => {
    const model = smallModel()
    let time = 5000
    const speeds: number[] = []
    from(scoredOf(model, 'a', 'b', 'ca'))
      .pipe(
        tap(() => (time += 500)),
        stats(model, { scheduler: { now: () => time } }),
      )
      .subscribe(({ charactersPerSecond }) => speeds.push(charactersPerSecond))
    // 1 character in half a second, 2 in one, 4 in one and a half, and the end
    expect(speeds).toEqual([2, 2, 4 / 1.5, 4 / 2])
  })
})
