import { execFileSync } from 'node:child_process'
import { createModel, Learner } from 'rxrnn'
import { describe, expect, test } from 'vitest'
// the instance of the package; the one of src would count nothing of what the package allocates
import { sharedInstance } from '../../dist/src/kernels/simd/instance.js'

const DISPOSED = /^this model was disposed of; create a new one, or dispose later$/

describe('a model that is disposed of', () => {
  test('gives its memory back: 10,000 come and go in flat memory', () => {
    const { memory } = sharedInstance()
    let sizeAfterWarmUp = 0
    for (let i = 0; i < 10_000; i++) {
      using model = createModel({ ngram: 2, tableBits: 6, hidden: 1 + ((i * 7919) % 23), seed: i })
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
    for (const use of [() => learner.learn('d'), () => learner.observe('d'), () => learner.predict(), () => model.digest()])
      expect(use).toThrow(DISPOSED)
    learner.dispose()
  })
})

test('models that were only forgotten give their memory back when they are garbage collected', () => {
  const program = `
    import { setTimeout } from 'node:timers/promises'
    import { createModel, Learner } from 'rxrnn'
    import { sharedInstance } from './dist/src/kernels/simd/instance.js'
    const sizes = []
    for (let round = 0; round < 10; round++) {
      for (let i = 0; i < 50; i++) new Learner(createModel({ hidden: 64, tableBits: 10 })).learn('forget me')
      for (let pass = 0; pass < 3; pass++) {
        gc()
        await setTimeout(5)
      }
      sizes.push(sharedInstance().memory.size)
    }
    console.log(JSON.stringify(sizes))
  `
  const cwd = new URL('../..', import.meta.url)
  const sizes: number[] = JSON.parse(
    execFileSync(process.execPath, ['--expose-gc', '--input-type=module', '--eval', program], { cwd, encoding: 'utf8' }),
  )
  expect(sizes).toHaveLength(10)
  // kept, 450 more models of 64 hidden units would have taken seven times the memory of the first rounds
  expect(Math.max(...sizes)).toBeLessThanOrEqual(2 * sizes[0]!)
})
