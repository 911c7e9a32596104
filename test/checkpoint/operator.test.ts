import { test } from '@fast-check/vitest'
import { checkpoint, createModel, digest, learn, load } from 'rxrnn'
import { concat, defer, from, ignoreElements, lastValueFrom, map, of, timer, toArray } from 'rxjs'
import { describe, expect } from 'vitest'

const OPTIONS = { hidden: 5, ngram: 2, tableBits: 6, every: 7, through: 9 } as const
const TEXT = 'to be or not to be, that is the question\n'.repeat(30)

/** Pieces of text with turns of the event loop between them */
function paced(text: string) {
  const pieces = text.match(/.{1,100}/gsu) ?? []
  return concat(...pieces.map((piece) => concat(of(piece), timer(1).pipe(ignoreElements()))))
}

describe('checkpoint', () => {
  test('saves now and then and at the end; each one continues to what the whole stream comes to', async () => {
    const saved: { readonly bytes: Uint8Array; readonly offset: number }[] = []
    const model = createModel(OPTIONS)
    const kept$ = paced(TEXT).pipe(learn(model), checkpoint({ every: 200, to: (bytes, offset) => void saved.push({ bytes, offset }) }))
    const segments = await lastValueFrom(
      kept$.pipe(
        map(({ offset }) => offset),
        toArray(),
      ),
    )
    expect(segments.at(-1)).toBe(TEXT.length)
    expect(saved.length).toBeGreaterThan(3)
    expect(saved.at(-1)?.offset).toBe(TEXT.length)
    for (const { bytes, offset } of saved.slice(0, -1)) {
      const loaded = await load(bytes)
      of(TEXT.slice(offset))
        .pipe(learn(loaded.model, { from: loaded.stream }))
        .subscribe()
      expect(digest(loaded.model)).toBe(digest(model))
    }
    const last = await load(saved.at(-1)!.bytes)
    expect(digest(last.model)).toBe(digest(model))
  })

  test('changes nothing of what is learned, and begins no other while one is on its way', async () => {
    const [plain, watched] = [createModel(OPTIONS), createModel(OPTIONS)]
    of(TEXT).pipe(learn(plain)).subscribe()
    let [running, most] = [0, 0]
    const to = async () => {
      most = Math.max(most, ++running)
      await new Promise((resolve) => setTimeout(resolve, 3))
      running -= 1
    }
    await lastValueFrom(paced(TEXT).pipe(learn(watched), checkpoint({ every: 1, to })))
    expect(digest(watched)).toBe(digest(plain))
    expect({ most, running }).toEqual({ most: 1, running: 0 })
  })

  test('continues when it cannot save, and tries again', async () => {
    const errors: unknown[] = []
    let full = true
    const offsets: number[] = []
    const to = (_: Uint8Array, offset: number) => {
      if (full) throw new Error('the disk is full')
      offsets.push(offset)
    }
    const freed$ = defer(() => {
      full = false
      return of('')
    })
    const text$ = concat(paced(TEXT), freed$, paced(TEXT))
    await lastValueFrom(text$.pipe(learn(createModel(OPTIONS)), checkpoint({ every: 50, to, failed: (error) => errors.push(error) })))
    expect(errors.length).toBeGreaterThan(0)
    expect(offsets.at(-1)).toBe(2 * TEXT.length)
  })

  test('ends the stream with the error when nobody is told of it', async () => {
    const kept$ = paced(TEXT).pipe(learn(createModel(OPTIONS)), checkpoint({ every: 50, to: () => Promise.reject(new Error('no')) }))
    await expect(lastValueFrom(kept$)).rejects.toThrow('no')
  })

  test('saves by time, too', async () => {
    const offsets: number[] = []
    const to = (_: Uint8Array, offset: number) => void offsets.push(offset)
    await lastValueFrom(paced(TEXT).pipe(learn(createModel(OPTIONS)), checkpoint({ every: { seconds: 0.002 }, to })))
    expect(offsets.length).toBeGreaterThan(1)
    expect(() => checkpoint({ every: { seconds: 0 }, to })).toThrow('0 seconds')
  })

  test.each([0, -1, NaN])('refuses to save every %d characters', (every) => {
    expect(() => checkpoint({ every, to: () => {} })).toThrow('every is')
  })

  test('of an empty stream saves nothing', async () => {
    let count = 0
    await lastValueFrom(from<string[]>([]).pipe(learn(createModel(OPTIONS)), checkpoint({ every: 1, to: () => void count++ })), {
      defaultValue: undefined,
    })
    expect(count).toBe(0)
  })
})
