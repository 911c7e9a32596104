import { fc, test as propertyTest } from '@fast-check/vitest'
import { from } from 'rxjs'
import { createModel, learn, Muting, mute } from 'rxrnn'
import { describe, expect, test } from 'vitest'
import { complies } from './compliance.ts'
import { scoredOf, smallModel } from './parts.ts'

const NORMAL = 'GET /index 200\nPUT /item 201\n'
const STRANGE = 'kernel: Out of memory! Killed process 7\n'

const small = { hidden: 8, ngram: 3, tableBits: 10, every: 5, through: 8 }

interface Learnt {
  readonly digest: string
  readonly losses: readonly number[]
  readonly injected: number
}

function learnt(chunks: readonly string[], muting?: Muting): Learnt {
  const model = createModel(small)
  const losses: number[] = []
  let injected = 0
  from(chunks)
    .pipe(learn(model, { scored: muting && mute({ muting }) }))
    .subscribe((segment) => {
      losses.push(...segment.losses)
      injected += segment.injected
    })
  return { digest: model.digest(), losses, injected }
}

describe('mute', () => {
  complies(() => {
    const model = smallModel()
    return { operator: mute(), inputs: scoredOf(model, 'abc\nab', 'c\na'), view: ({ offset, losses }) => [offset, losses.length] }
  })

  test('learns everything while it does not know what is usual', () => {
    const text = NORMAL.repeat(40) + STRANGE
    expect(learnt([text], new Muting())).toEqual(learnt([text]))
  })

  test('leaves out the rest of a line that stands out, and scores it', () => {
    const text = NORMAL.repeat(100) + STRANGE
    const muted = learnt([text], new Muting())
    const all = learnt([text])
    expect(all.injected - muted.injected).toBeGreaterThan(STRANGE.length / 3)
    expect(all.injected - muted.injected).toBeLessThanOrEqual(STRANGE.length)
    expect(muted.losses.length).toBe(all.losses.length)
    expect(muted.digest).not.toBe(all.digest)
  })

  test('is as surprised when a fault comes again, but learns one that goes on coming', () => {
    const bitsOf = ({ losses }: Learnt, from: number, length: number) => losses.slice(from, from + length).reduce((sum, nats) => sum + nats, 0)
    const before = NORMAL.repeat(200)
    const twice = before + STRANGE + NORMAL.repeat(5) + STRANGE
    const second = twice.length - STRANGE.length
    const mutedAgain = bitsOf(learnt([twice], new Muting()), second, STRANGE.length)
    expect(mutedAgain).toBeGreaterThan(1.3 * bitsOf(learnt([twice]), second, STRANGE.length))
    const often = before + STRANGE.repeat(60)
    const last = bitsOf(learnt([often], new Muting()), often.length - STRANGE.length, STRANGE.length)
    expect(last).toBeLessThan(0.05 * mutedAgain)
  })

  propertyTest.prop(
    [fc.array(fc.constantFrom('GET /a\n', 'PUT /b 12\n', 'strange é!\n', 'x', '\n'), { minLength: 150, maxLength: 300 }), fc.nat({ max: 60 })],
    {
      numRuns: 30,
    },
  )('gives the same to the bit, however the text is cut', (words, size) => {
    const text = words.join('')
    const chunks = text.match(new RegExp(`[^]{1,${size + 1}}`, 'gu')) ?? []
    const whole = learnt([text], new Muting({ rate: 0.2 }))
    expect(learnt(chunks, new Muting({ rate: 0.2 }))).toEqual(whole)
    expect(learnt(Array.from(text), new Muting({ rate: 0.2 }))).toEqual(whole)
  })
})
