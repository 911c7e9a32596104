import { execFileSync } from 'node:child_process'
import { createModel, digest, Learner } from 'rxrnn'
import { describe, expect, test } from 'vitest'
// the instance of the package; the one of src would count nothing of what the package allocates
import { sharedInstance } from '../../dist/src/kernels/simd/instance.js'

const DISPOSED = /^this model was disposed of; create a new one, or dispose later$/

describe('a model that is disposed of', () => {
  test('gives its memory back: 3,000 come and go in flat memory', () => {
    const { memory } = sharedInstance()
    let sizeAfterWarmUp = 0
    for (let i = 0; i < 3000; i++) {
      using model = createModel({ ngram: 2, tableBits: 6, conductorBits: 5, hidden: 1 + ((i * 7919) % 23), seed: i })
      const learner = new Learner(model)
      learner.learn('ab ba!'.slice(i % 4))
      learner.end()
      if (i === 1000) sizeAfterWarmUp = memory.size
    }
    expect(memory.size).toBe(sizeAfterWarmUp)
  })

  test('refuses what a stream that still runs asks of it', () => {
    const model = createModel({ hidden: 4 })
    const learner = new Learner(model)
    learner.learn('abc')
    model[Symbol.dispose]()
    for (const use of [() => learner.learn('d'), () => learner.observe('d'), () => learner.predict(), () => digest(model)])
      expect(use).toThrow(DISPOSED)
    learner.dispose()
  })
})

/** What a program of its own prints, as JSON: the memory of this process has models of other tests */
function outcomeOf(program: string, ...flags: readonly string[]): unknown {
  const imports = `
    import { setTimeout } from 'node:timers/promises'
    import { createModel, Learner } from 'rxrnn'
    import { sharedInstance } from './dist/src/kernels/simd/instance.js'
  `
  const cwd = new URL('../..', import.meta.url)
  return JSON.parse(execFileSync(process.execPath, [...flags, '--input-type=module', '--eval', imports + program], { cwd, encoding: 'utf8' }))
}

test('memory is let go when the last of many models is disposed of', () => {
  const program = `
    const models = Array.from({ length: 3 }, () => createModel())
    const before = sharedInstance().memory.size
    for (const model of models) model.dispose()
    console.log(JSON.stringify([before, sharedInstance().memory.size]))
  `
  expect(outcomeOf(program)).toEqual([expect.toSatisfy((size) => size > 100e6), expect.toSatisfy((size) => size < 1e6)])
})

test('200 models of the default preset that are made and forgotten take less than 200 MB', () => {
  const program = `
    let most = 0
    for (let i = 0; i < 200; i++) {
      new Learner(createModel()).learn('forget me')
      await setTimeout(0)
      most = Math.max(most, sharedInstance().memory.size)
    }
    console.log(most)
  `
  expect(outcomeOf(program)).toBeLessThan(200e6)
})

test('models that were only forgotten give their memory back when they are garbage collected', () => {
  const program = `
    const sizes = []
    for (let round = 0; round < 10; round++) {
      for (let i = 0; i < 50; i++) new Learner(createModel({ hidden: 64, tableBits: 10 })).learn('forget me')
      for (let pass = 0; pass < 3; pass++) {
        gc()
        await setTimeout(5)
      }
      sizes.push(sharedInstance().memory.size)
    }
    console.log(JSON.stringify({ first: sizes[0], most: Math.max(...sizes), rounds: sizes.length }))
  `
  // kept, 450 more models of 64 hidden units would have taken seven times the memory of the first rounds
  expect(outcomeOf(program, '--expose-gc')).toSatisfy(({ first, most, rounds }) => rounds === 10 && most <= 2 * first)
})
