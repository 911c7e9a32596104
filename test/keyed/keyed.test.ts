import { fc, test } from '@fast-check/vitest'
import { Backlog, BacklogError, keyed, type KeyedOutput, type KeyedText, LineLearner } from '../../src/keyed/index.ts'
import { from, lastValueFrom, of, range, map, Subject, toArray } from 'rxjs'
import { describe, expect } from 'vitest'
import { complies } from '../operators/compliance.ts'
import { alone, counter, digestOf, MemoryStore, pulled, tiny } from './parts.ts'

const FORGETFUL = { load: () => undefined, save: () => {} }
const learnFor = (_: string, saved: Uint8Array | undefined) => LineLearner.open(tiny, saved)
const bytes = new TextEncoder().encode('größer 😀\n')
const chunk = fc.oneof(
  fc.constantFrom('ab', 'abba\n', 'cab\n', 'é', '😀', '\ud83d', '\ude00x', 'abcdabcdabcd\n'),
  fc.tuple(fc.nat(bytes.length), fc.nat(bytes.length)).map(([from, to]) => bytes.subarray(Math.min(from, to), Math.max(from, to))),
)
const texts = fc.array(fc.record({ key: fc.constantFrom('a', 'b', 'c', 'd', '__proto__', ''), text: chunk }), { minLength: 1, maxLength: 60 })

describe('keyed', () => {
  const inputs = ['a', 'b', 'a', 'c', 'b', 'a'].map((key, i) => ({ key, text: 'x'.repeat(i + 1) }))
  // a store that remembers would not let it start anew
  complies(() => ({ operator: keyed((_, saved) => counter(saved), { store: FORGETFUL, resident: 2 }), inputs }))

  test.prop([texts, fc.integer({ min: 1, max: 5 }), fc.array(fc.option(fc.nat(2), { nil: undefined }), { minLength: 1 })])(
    'gives each key the digest and the events of a run alone, for any interleaving and any bound',
    async (texts, resident, delays) => {
      let requests = 0
      const store = new MemoryStore(() => delays[requests++ % delays.length])
      const backlog = new Backlog()
      const outputs = await lastValueFrom(pulled(texts, backlog).pipe(keyed(learnFor, { store, resident, backlog }), toArray()))
      for (const [key, { digest, events }] of await alone(texts)) {
        expect(await digestOf(store.saved.get(key))).toBe(digest)
        expect(outputs.filter((output) => output.key === key).map(({ output }) => output)).toEqual(events)
      }
      expect(backlog.length).toBe(0)
    },
  )

  test.prop([texts, fc.nat(), fc.integer({ min: 1, max: 3 })])(
    'resumes where it was saved, also when texts come again',
    async (texts, cut, resident) => {
      const store = new MemoryStore()
      const positioned = texts.map((text, i) => ({ ...text, position: { source: 'log', at: i } }))
      const at = cut % texts.length
      const events: KeyedOutput<unknown>[] = []
      for (const part of [positioned.slice(0, at), positioned]) {
        const backlog = new Backlog()
        events.push(...(await lastValueFrom(pulled(part, backlog).pipe(keyed(learnFor, { store, resident, backlog }), toArray()))))
      }
      for (const [key, { digest, events: expected }] of await alone(texts)) {
        expect(await digestOf(store.saved.get(key))).toBe(digest)
        expect(events.filter((event) => event.key === key).map(({ output }) => output)).toEqual(expected)
      }
    },
  )

  test('learns a text again that comes from another source', async () => {
    const store = new MemoryStore()
    for (const source of ['first', 'second']) {
      await lastValueFrom(of({ key: 'a', text: 'abc\n', position: { source, at: 1 } }).pipe(keyed(learnFor, { store })))
    }
    const learner = await LineLearner.open(tiny, store.saved.get('a'))
    expect(learner.offset).toBe(8)
    expect(learner.position).toEqual({ source: 'second', at: 1 })
    learner.dispose()
  })

  test('never has more learners in memory than it may', async () => {
    const store = new MemoryStore(() => 1)
    const backlog = new Backlog(20)
    let [resident, most] = [0, 0]
    const counted = (_: string, saved: Uint8Array | undefined) => {
      most = Math.max(most, ++resident)
      return { ...counter(saved), dispose: () => void resident-- }
    }
    const texts = Array.from({ length: 200 }, (_, i) => ({ key: `${(i * 7) % 13}`, text: 'x' }))
    await lastValueFrom(pulled(texts, backlog).pipe(keyed(counted, { store, resident: 3, backlog })))
    expect({ most, resident }).toEqual({ most: 3, resident: 0 })
    expect([...store.saved.values()].reduce((sum, [count = 0]) => sum + count, 0)).toBe(200)
  })

  test('is synchronous while its learners are in memory', () => {
    const outputs: number[] = []
    range(0, 100)
      .pipe(
        map((i) => ({ key: `${i % 10}`, text: 'x' })),
        keyed((_, saved) => counter(saved), { store: new MemoryStore(), resident: 10 }),
      )
      .subscribe(({ output }) => outputs.push(output))
    expect(outputs).toEqual(Array.from({ length: 100 }, (_, i) => Math.floor(i / 10) + 1))
  })

  test('lets other keys continue while one is restored', async () => {
    const source = new Subject<KeyedText>()
    const store = new MemoryStore()
    const outputs: string[] = []
    source.pipe(keyed(learnFor, { store, resident: 5 })).subscribe(({ key }) => outputs.push(key))
    store.saved.set('a', await (await LineLearner.open(tiny)).save())
    source.next({ key: 'a', text: 'ab\n' })
    source.next({ key: 'b', text: 'ab\n' })
    expect(outputs).toEqual(['b'])
    source.complete()
    await expect.poll(() => outputs).toEqual(['b', 'a'])
  })

  test('fails where the source does not wait, and says what to do', async () => {
    const store = new MemoryStore(() => 1)
    const flood$ = from(Array.from({ length: 100 }, (_, i) => ({ key: `${i}`, text: 'x'.repeat(10) })))
    const failing = lastValueFrom(flood$.pipe(keyed(learnFor, { store, resident: 1, backlog: new Backlog(100) })))
    await expect(failing).rejects.toThrow(BacklogError)
    await expect(failing).rejects.toThrow(
      '100 characters wait to be learned, and 10 more would be over the limit of 100: let the source wait for ready()',
    )
  })

  test('fails with what the store fails with', async () => {
    const broken = { load: () => undefined, save: () => Promise.reject(new Error('the disk is full')) }
    const two$ = pulled(
      [
        { key: 'a', text: 'x' },
        { key: 'b', text: 'x' },
      ],
      new Backlog(),
    )
    await expect(lastValueFrom(two$.pipe(keyed(learnFor, { store: broken, resident: 1 })))).rejects.toThrow('the disk is full')
    const damaged = { load: () => Uint8Array.of(1, 2, 3), save: () => {} }
    await expect(lastValueFrom(of({ key: 'a', text: 'x' }).pipe(keyed(learnFor, { store: damaged })))).rejects.toThrow('no safetensors file')
  })

  test('frees its learners when it is let go', async () => {
    const source = new Subject<KeyedText>()
    let living = 0
    const counted = (_: string, saved: Uint8Array | undefined) => {
      living += 1
      return { ...counter(saved), dispose: () => void living-- }
    }
    const subscription = source.pipe(keyed(counted, { store: new MemoryStore() })).subscribe()
    for (const key of ['a', 'b', 'c']) source.next({ key, text: 'x' })
    expect(living).toBe(3)
    subscription.unsubscribe()
    expect(living).toBe(0)
  })

  test.each([0, -1, 1.5, NaN])('refuses to hold %d learners', (resident) => {
    expect(() => keyed(learnFor, { store: new MemoryStore(), resident })).toThrow(`resident is ${resident}, but it must be a whole number from 1`)
  })
})
