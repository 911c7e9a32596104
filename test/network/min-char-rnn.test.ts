import { readFileSync } from 'node:fs'
import { of, tap } from 'rxjs'
import { createModel, type LearnedSegment, learn, type Model } from '../../src/index.ts'
import { describe, expect, test } from 'vitest'
import { distance, PARAMETERS, readAll, type Values, writeAll } from './parts.ts'

interface Fixture {
  readonly hidden: number
  readonly alphabet: string
  readonly text: string
  readonly parameters: Readonly<Record<keyof Values, readonly number[]>>
  readonly losses: readonly number[]
  readonly final: Readonly<Record<keyof Values, readonly number[]>>
}

/** What NumPy computes in float64; min-char-rnn.py beside it makes it */
const fixture: Fixture = JSON.parse(readFileSync(new URL('../fixtures/min-char-rnn.json', import.meta.url), 'utf8'))

function learnFixture(backend: 'reference' | 'simd'): { readonly model: Model; readonly losses: readonly number[] } {
  const { hidden, alphabet, text, parameters } = fixture
  const model = createModel({ preset: 'min-char-rnn', hidden, backend })
  for (const character of alphabet) model.vocabulary.add(character.codePointAt(0)!)
  const { Wxh, Whh, Why, bh, by } = parameters
  const typed = (values: readonly number[]) => Float64Array.from(values)
  writeAll(model, { Wxh: typed(Wxh), Whh: typed(Whh), Why: typed(Why), bh: typed(bh), by: typed(by) })
  const losses: number[] = []
  let sum = 0
  const addWindow = ({ inputs, losses: nats, closes }: LearnedSegment) => {
    // the first character has no input, and min-char-rnn does not score it
    if (inputs.length > 0) sum += nats.reduce((all, loss) => all + loss, 0)
    if (!closes) return
    losses.push(sum)
    sum = 0
  }
  of(text).pipe(learn(model), tap(addWindow)).subscribe()
  return { model, losses }
}

describe('min-char-rnn in NumPy', () => {
  test('has the losses of the first 200 windows and the final parameters of the reference', () => {
    const { model, losses } = learnFixture('reference')
    const parameters = readAll(model)
    const worstLoss = distance(losses, fixture.losses)
    const worstParameter = Math.max(...PARAMETERS.map((name) => distance(parameters[name], fixture.final[name])))
    console.log(`against NumPy: losses within ${worstLoss.toExponential(2)}, parameters within ${worstParameter.toExponential(2)}`)
    expect(losses).toHaveLength(200)
    expect(worstLoss).toBeLessThan(1e-9)
    expect(worstParameter).toBeLessThan(1e-9)
  })

  test('is what the SIMD kernels follow in float32', () => {
    const { losses } = learnFixture('simd')
    expect(distance(losses, fixture.losses)).toBeLessThan(0.5)
    const total = (sums: readonly number[]) => sums.reduce((all, loss) => all + loss, 0)
    expect(total(losses) / total(fixture.losses)).toBeCloseTo(1, 3)
  })
})
