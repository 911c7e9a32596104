import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Worker } from 'node:worker_threads'
import { Random } from 'rxrnn'
import { Backlog, BacklogError, type KeyedText } from 'rxrnn/keyed'
import { KeyFolder, LockedError, pooled, pull } from 'rxrnn/node'
import { lastValueFrom, of, Subject, tap, toArray } from 'rxjs'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { alone, digestOf, TINY } from '../keyed/parts.ts'

let folder: string
const threads = new Set<Worker>()

function note(worker: Worker): void {
  threads.add(worker)
  worker.on('exit', () => threads.delete(worker))
}

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'rxrnn-test-'))
  process.on('worker', note)
})

afterEach(() => {
  process.off('worker', note)
  rmSync(folder, { recursive: true })
})

/** Texts of so many keys in a random order */
function textsOf(keys: number, count: number): readonly KeyedText[] {
  const random = new Random(1)
  return Array.from({ length: count }, (_, i) => ({ key: `host ${random.next() % keys}`, text: `request ${random.next() % 100} took ${i % 7} ms\n` }))
}

async function expectAlone(texts: readonly KeyedText[]): Promise<void> {
  const store = KeyFolder.within(folder)
  for (const [key, { digest }] of await alone(texts)) expect(await digestOf(await store.load(key))).toBe(digest)
}

describe('pooled', () => {
  test('gives each key the digest and the events of a run alone', async () => {
    const texts = textsOf(20, 600)
    const backlog = new Backlog(2000)
    const outputs = await lastValueFrom(
      pull(texts, { ready: () => backlog.ready() }).pipe(pooled({ folder, model: TINY, threads: 2, resident: 3, backlog }), toArray()),
    )
    await expectAlone(texts)
    for (const [key, { events }] of await alone(texts)) {
      expect(outputs.filter((output) => output.key === key).map(({ output }) => output)).toEqual(events)
    }
    expect(backlog.length).toBe(0)
    expect(threads.size).toBe(0)
  })

  test('loses and doubles nothing when its threads die', async () => {
    const texts = textsOf(12, 1500)
    const backlog = new Backlog(500)
    const random = new Random(2)
    let deaths = 0
    const outputs = await lastValueFrom(
      pull(texts, { ready: () => backlog.ready() }).pipe(
        pooled({ folder, model: TINY, threads: 2, resident: 4, backlog, unsaved: 3000, restarted: () => (deaths += 1) }),
        tap(() => {
          if (random.uniform() < 0.01) void [...threads][random.next() % 2]?.terminate()
        }),
        toArray(),
      ),
    )
    expect(deaths).toBeGreaterThan(3)
    await expectAlone(texts)
    for (const [key, { events }] of await alone(texts)) {
      expect(outputs.filter((output) => output.key === key).map(({ output }) => output)).toEqual(events)
    }
  })

  test('resumes from its folder, and skips what a source sends again', async () => {
    const texts = textsOf(5, 100).map((text, at) => ({ ...text, position: { source: 'log', at } }))
    for (const part of [texts.slice(0, 60), texts]) {
      const backlog = new Backlog()
      await lastValueFrom(pull(part, { ready: () => backlog.ready() }).pipe(pooled({ folder, model: TINY, threads: 2, backlog })), {
        defaultValue: undefined,
      })
    }
    await expectAlone(texts)
  })

  test('saves as time passes, and tells up to where each key is safe', async () => {
    const source = new Subject<KeyedText>()
    const safe = new Map<string, number>()
    const pool = source.pipe(pooled({ folder, model: TINY, threads: 2, saveEvery: 0.05, saved: (key, { at }) => safe.set(key, at) })).subscribe()
    const texts = textsOf(5, 50).map((text, at) => ({ ...text, position: { source: 'log', at } }))
    const last = new Map(texts.map(({ key, position }) => [key, position.at]))
    // the folder is locked first
    await expect.poll(() => source.observed).toBe(true)
    for (const text of texts) source.next(text)
    await expect.poll(() => safe, { timeout: 10_000 }).toEqual(last)
    await expectAlone(texts)
    pool.unsubscribe()
  })

  test('takes any key, and bytes', async () => {
    const keys = ['', '.', '../x', 'a/b', '*', '>', '\0', 'größer 😀', 'x'.repeat(10_000)]
    const texts = keys.map((key) => ({ key, text: 'größer\n' }))
    const encoder = new TextEncoder()
    await lastValueFrom(
      pull(texts.map(({ key, text }) => ({ key, text: encoder.encode(`_${text}`).subarray(1) }))).pipe(pooled({ folder, model: TINY, threads: 1 })),
    )
    await expectAlone(texts)
  })

  test('ends with what its threads die of, when they die again and again', async () => {
    const store = await KeyFolder.open(folder)
    await store.save('a', Uint8Array.of(1, 2, 3))
    await store.close()
    const restarts: Error[] = []
    const failing = lastValueFrom(
      of({ key: 'a', text: 'x' }).pipe(pooled({ folder, model: TINY, threads: 1, restarted: (error) => restarts.push(error) })),
    )
    await expect(failing).rejects.toThrow('3 bytes are no safetensors file')
    expect(restarts).toHaveLength(2)
  })

  test('ends its threads and frees its folder when it is let go', async () => {
    const source = new Subject<KeyedText>()
    const subscription = source.pipe(pooled({ folder, model: TINY, threads: 2 })).subscribe()
    await expect.poll(() => threads.size).toBe(2)
    const second = lastValueFrom(of({ key: 'a', text: 'x' }).pipe(pooled({ folder, threads: 1 })))
    await expect(second).rejects.toThrow(LockedError)
    subscription.unsubscribe()
    await expect.poll(() => threads.size).toBe(0)
    await lastValueFrom(of({ key: 'a', text: 'x\n' }).pipe(pooled({ folder, model: TINY, threads: 1 })))
  })

  test('names an option that is out of its range', () => {
    for (const option of ['threads', 'resident', 'unsaved', 'saveEvery']) {
      expect(() => pooled({ folder, [option]: 0 })).toThrow(`${option} is 0, but it must be`)
    }
  })

  test('fails where the source does not wait', async () => {
    const failing = lastValueFrom(pull(textsOf(3, 1000)).pipe(pooled({ folder, model: TINY, threads: 1, backlog: new Backlog(1000) })))
    await expect(failing).rejects.toThrow(BacklogError)
  })

  test.each([{ threads: 0 }, { resident: 0 }, { unsaved: 0.5 }])('refuses %o', (options) => {
    expect(() => pooled({ folder, ...options })).toThrow('but it must be a whole number from 1')
  })
})
