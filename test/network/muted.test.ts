import { Subject, tap } from 'rxjs'
import { learn, type ScoredSegment } from '../../src/index.ts'
import { Model } from '../../src/network/model.ts'
import { modelOptions } from '../../src/network/options.ts'
import { describe, expect, test } from 'vitest'
import type { Backend } from '../../src/kernels/backend.ts'
import { referenceBackend } from '../../src/kernels/reference/index.ts'

/** A backend that adds up how many rows its kernels are given */
function countingRows(): { readonly backend: Backend<Float64Array>; readonly take: () => number } {
  let rows = 0
  const kernels = referenceBackend()
  const backend: Backend<Float64Array> = {
    ...kernels,
    grow(tensor, count, columns, oldColumns) {
      rows += count
      return kernels.grow(tensor, count, columns, oldColumns)
    },
    directForward(...args) {
      rows += args[6] - args[5]
      kernels.directForward(...args)
    },
    directBackward(...args) {
      rows += args[7].length
      kernels.directBackward(...args)
    },
    directDescend(...args) {
      rows += args[6] - args[5]
      kernels.directDescend(...args)
    },
  }
  const take = () => {
    const taken = rows
    rows = 0
    return taken
  }
  return { backend, take }
}

describe('a run of muted text', () => {
  test('takes the same work per character, however long it is, and leaves none for what is learned after it', () => {
    const { backend, take } = countingRows()
    const model = new Model(modelOptions({ hidden: 4, ngram: 2, tableBits: 6, learnAbove: 0, every: 5, through: 8, backend: 'reference' }), backend)
    const text$ = new Subject<string>()
    let injected = 0
    let muting = false
    const afterLoss = tap(({ activations: { tape, first }, losses }: ScoredSegment) => muting && tape.weights.fill(0, first, first + losses.length))
    text$.pipe(learn(model, { afterLoss })).subscribe((segment) => (injected += segment.injected))
    const workOf = (text: string) => {
      take()
      injected = 0
      text$.next(text)
      return { rows: take(), injected }
    }
    workOf('abc de\n'.repeat(200))
    const learned = workOf('abc de\n'.repeat(5))
    muting = true
    workOf('ed cba '.repeat(5))
    const muted = Array.from({ length: 20 }, () => workOf('ed cba '.repeat(5)))
    expect(muted.every(({ injected }) => injected === 0)).toBe(true)
    expect(new Set(muted.map(({ rows }) => rows)).size).toBe(1)
    muting = false
    text$.next('abc de\n')
    expect(workOf('abc de\n'.repeat(5)).rows).toBeLessThanOrEqual(learned.rows)
  })
})
