import { fc, test as property } from '@fast-check/vitest'
import { describe, expect, test } from 'vitest'
import { NOTEBOOK_OPTIONS, NOTEBOOK_TEXT, writeNotebook } from '../../src/dashboard/notebook.ts'
import { createModel, digest, Learner } from '../../src/index.ts'
import type { Tensor } from '../../src/inspect/detail.ts'
import type { TraceEvent } from '../../src/inspect/trace.ts'
import { TracedStream } from '../../src/inspect/traced-stream.ts'
import type { Model } from '../../src/network/model.ts'
import type { CellName } from '../../src/network/options.ts'
import notebook from '../fixtures/notebook.json' with { type: 'json' }

const CELLS: readonly CellName[] = ['rnn', 'mi', 'gru', 'lstm']
const small = (cell: CellName = 'rnn', layers = 1, learnAbove = 0.03) =>
  createModel({ cell, layers, learnAbove, hidden: 7, ngram: 3, tableBits: 8, every: 5, through: 5, optimizer: 'adam', seed: 3 })

function traced(model: Model): TracedStream {
  const failed = (error: unknown) => {
    throw error
  }
  const stream = new TracedStream(model, { event: () => {}, failed }, { mask: [], learnAll: true, details: true })
  stream.traced = true
  stream.detail!.wantsTensors = true
  stream.detail!.wantsTerms = true
  return stream
}

/** The traces of a text that is learned in such pieces */
function tracesOf(stream: TracedStream, pieces: readonly string[]): readonly TraceEvent[] {
  return pieces.flatMap((piece) => {
    stream.learn(piece)
    return stream.tracer.take() ?? []
  })
}

const RUNS = { numRuns: 15 }
const text = fc.string({ minLength: 30, maxLength: 120, unit: fc.constantFrom('a', 'b', 'c', ' ', '\n') })

describe('the trace', () => {
  property.prop([fc.constantFrom(...CELLS), fc.integer({ min: 1, max: 2 }), text], RUNS)('changes nothing that is learned', (cell, layers, text) => {
    const model = small(cell, layers)
    tracesOf(traced(model), Array.from(text))
    const learner = new Learner(small(cell, layers))
    learner.learn(text)
    expect(digest(model)).toBe(digest(learner.model))
  })

  property.prop([fc.constantFrom(...CELLS), text], RUNS)('has the characters of a window, and what they cost when they came', (cell, text) => {
    const traces = tracesOf(traced(small(cell)), Array.from(text))
    const characters = traces.flatMap(({ characters }) => characters)
    const windows = traces.flatMap(({ window }) => window ?? [])
    expect(windows.length).toBe(Math.floor((text.length - 1) / 5))
    expect(windows.flatMap((window) => window.characters).join('')).toBe(text.slice(1, 1 + 5 * windows.length))
    // a symbol that came later in a window has a logit in its earlier steps, but no share in what they cost
    expect(windows.flatMap(({ before }) => before)).toEqual(characters.slice(1, 1 + 5 * windows.length).map(([, bits]) => bits))
    // all that cost more than 0.03 nats is learned
    for (const { before, learned } of windows) expect(learned).toEqual(Array.from(before.keys()).filter((i) => before[i]! > 0.0433))
  })

  test('shows that an update makes its window cheaper', () => {
    const traces = tracesOf(traced(small('rnn', 1, 0)), Array.from('abcab '.repeat(60)))
    const sum = (bits: readonly number[]) => bits.reduce((sum, bit) => sum + bit, 0)
    const early = traces.flatMap(({ window }) => window ?? []).slice(3, 20)
    expect(early.length).toBe(17)
    expect(early.every(({ before, after }) => sum(after) < sum(before))).toBe(true)
  })

  property.prop([fc.constantFrom(...CELLS), text, fc.integer({ min: 1, max: 40 })], RUNS)(
    'has the hidden state after each character',
    (cell, text, size) => {
      const stream = traced(small(cell))
      const pieces = Array.from({ length: Math.ceil(text.length / size) }, (_, i) => text.slice(i * size, (i + 1) * size))
      const states = tracesOf(stream, pieces).flatMap(({ detail, characters, hidden }) => {
        const { states, units } = detail!
        expect(states.length).toBe(units * characters.length)
        expect(Array.from(states.subarray(-units), (h) => Math.round(h * 1e4) / 1e4)).toEqual(hidden)
        return Array.from(states)
      })
      const single = tracesOf(traced(small(cell)), Array.from(text)).flatMap(({ detail }) => Array.from(detail!.states))
      expect(states).toEqual(single)
    },
  )

  test('adds up to the step of a vanilla cell', () => {
    for (const { detail } of tracesOf(traced(small()), Array.from('abcabcabcab'))) {
      const { terms, after, logits, logZ } = detail!.step ?? {}
      if (terms === undefined) continue
      const sums = terms.input.map((input, unit) => input + terms.recurrent[unit]! + terms.bias[unit]!)
      for (const [unit, sum] of sums.entries()) expect(after![unit]).toBeCloseTo(Math.tanh(sum), 5)
      expect(logits!.reduce((sum, logit) => sum + Math.exp(logit - logZ!), 0)).toBeCloseTo(1, 5)
    }
  })

  test('has no details of a learner elsewhere', () => {
    const stream = new TracedStream(small(), { event: () => {}, failed: () => {} }, {})
    stream.traced = true
    stream.learn('abcdefgh')
    expect(stream.tracer.take()).not.toHaveProperty('detail')
  })
})

describe('the notebook in the page', () => {
  const model = createModel(NOTEBOOK_OPTIONS)
  writeNotebook(model)
  const stream = traced(model)
  const [, trace] = tracesOf(stream, Array.from(NOTEBOOK_TEXT.slice(0, 2)))
  const { step } = trace!.detail!
  const { tensors } = stream.detail!.takeParameters()!
  const gradientOf = (name: Tensor['name']) => Array.from(tensors.find((tensor) => tensor.name === name)!.update!.gradient)

  test.each([
    ['h', step!.after, notebook.forward.h],
    ['y', step!.logits, notebook.forward.y],
    ['p', step!.logits.map((logit) => Math.exp(logit - step!.logZ)), notebook.forward.p],
    ['loss', [step!.logZ - step!.logits[step!.target]!], [notebook.loss.nats]],
    ['dWhy', gradientOf('Why'), notebook.backward.dWhy.flat()],
    ['dby', gradientOf('by'), notebook.backward.dby],
    ['dbh', gradientOf('bh'), notebook.backward.dhraw],
    ['dWhh', gradientOf('Whh'), notebook.backward.dWhh.flat()],
  ])('has the figure %s', (_, ours, theirs) => {
    expect(ours.length).toBe(theirs.length)
    for (const [i, figure] of theirs.entries()) expect(Math.abs(ours[i]! - figure)).toBeLessThan(1e-8)
  })
})
