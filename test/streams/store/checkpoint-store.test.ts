import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fc, test as property } from '@fast-check/vitest'
import { CheckpointStore, LockedError, latestCheckpoint, StoreError } from 'rxrnn/node'
import { afterEach, describe, expect, test } from 'vitest'

const fresh = () => join(mkdtempSync(join(tmpdir(), 'rxrnn-store-')), 'state')
const bytesOf = (text: string) => new TextEncoder().encode(text)
const named = (number: number) => `checkpoint-${String(number).padStart(16, '0')}.safetensors`
const checkpointsIn = (folder: string) => readdirSync(folder).filter((name) => name.startsWith('checkpoint-'))
const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes)

async function withStore<T>(folder: string, work: (store: CheckpointStore) => Promise<T>, options = {}): Promise<T> {
  const store = new CheckpointStore(folder, options)
  try {
    return await work(store)
  } finally {
    await store.close()
  }
}

const children: ChildProcess[] = []
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL')
})

/** Another process that opens the folder, prints a line and then does `work` forever */
async function holder(folder: string, work = 'setInterval(() => {}, 1000)'): Promise<ChildProcess> {
  const program = `
    import { CheckpointStore } from 'rxrnn/node'
    const store = new CheckpointStore(${JSON.stringify(folder)})
    await store.open()
    console.log('open')
    ${work}`
  const child = spawn(process.execPath, ['--input-type=module', '-e', program], { stdio: ['ignore', 'pipe', 'inherit'] })
  children.push(child)
  await once(child.stdout, 'data')
  return child
}

async function killed(child: ChildProcess): Promise<void> {
  const exit = once(child, 'exit')
  child.kill('SIGKILL')
  await exit
}

describe('a store of checkpoints', () => {
  property.prop([fc.uniqueArray(fc.nat(), { minLength: 1, maxLength: 6 }), fc.integer({ min: 1, max: 4 })], { numRuns: 20 })(
    'keeps the last few, by number',
    async (numbers, keep) => {
      const folder = fresh()
      const ascending = numbers.sort((a, b) => a - b)
      await withStore(folder, (store) => Promise.all(ascending.map((number) => store.write(number, bytesOf(`${number}`)))), { keep })
      expect(readdirSync(folder).sort()).toEqual(ascending.slice(-keep).map(named))
      const { found } = await latestCheckpoint(folder, text)
      expect(found).toMatchObject({ number: ascending.at(-1), value: `${ascending.at(-1)}` })
    },
  )

  test('is for its owner alone', async () => {
    const folder = fresh()
    const path = await withStore(folder, (store) => store.write(1, bytesOf('x')))
    expect(statSync(folder).mode & 0o777).toBe(0o700)
    expect(statSync(path).mode & 0o777).toBe(0o600)
  })

  test('writes the same number again', async () => {
    const folder = fresh()
    await withStore(folder, async (store) => {
      await store.write(5, bytesOf('old'))
      await store.write(5, bytesOf('new'))
    })
    expect((await latestCheckpoint(folder, text)).found?.value).toBe('new')
  })

  test('never removes what it just wrote, though unreadable ones have higher numbers', async () => {
    const folder = fresh()
    mkdirSync(folder)
    for (const number of [900, 901, 902, 903]) writeFileSync(join(folder, named(number)), 'damaged')
    await withStore(folder, (store) => store.write(10, bytesOf('good')), { keep: 1 })
    const { found, refused } = await latestCheckpoint(folder, (bytes) => {
      if (text(bytes) === 'damaged') throw new Error('it is damaged')
      return text(bytes)
    })
    expect(found?.value).toBe('good')
    expect(refused).toEqual([903, 902, 901, 900].map((number) => ({ path: join(folder, named(number)), reason: 'it is damaged' })))
  })

  test('sweeps away what a crash left half written, and nothing else', async () => {
    const folder = fresh()
    mkdirSync(folder)
    writeFileSync(join(folder, named(1)), 'whole')
    writeFileSync(join(folder, `${named(2)}.tmp`), 'ha')
    writeFileSync(join(folder, 'notes.tmp'), 'mine')
    expect((await latestCheckpoint(folder, text)).found?.value).toBe('whole')
    await withStore(folder, (store) => store.open())
    expect(readdirSync(folder).sort()).toEqual([named(1), 'notes.tmp'])
  })

  test('follows no link in the place of its temporary', async () => {
    const folder = fresh()
    const victim = join(folder, 'victim')
    await withStore(folder, async (store) => {
      await store.open()
      writeFileSync(victim, 'untouched')
      symlinkSync(victim, join(folder, `${named(1)}.tmp`))
      await store.write(1, bytesOf('x'))
    })
    expect(readFileSync(victim, 'utf8')).toBe('untouched')
  })

  test('leaves the last good one when the disk is full, and continues when it is not', async () => {
    const folder = fresh()
    let full = false
    const opener: typeof open = (path, flags, mode) => (full ? open('/dev/full', 'w') : open(path, flags, mode))
    await withStore(
      folder,
      async (store) => {
        await store.write(1, bytesOf('good'))
        full = true
        const failure = store.write(2, bytesOf('lost'))
        await expect(failure).rejects.toThrow(StoreError)
        await expect(failure).rejects.toMatchObject({ code: 'ENOSPC', message: `cannot save in ${folder}: the disk is full` })
        expect(checkpointsIn(folder)).toEqual([named(1)])
        full = false
        await store.write(3, bytesOf('better'))
      },
      { open: opener },
    )
    expect(checkpointsIn(folder)).toEqual([named(1), named(3)])
  })

  test('writes again when its folder was emptied, replaced by a file, or removed', async () => {
    const folder = fresh()
    await withStore(folder, async (store) => {
      await store.write(1, bytesOf('x'))
      rmSync(folder, { recursive: true })
      mkdirSync(folder)
      await store.write(2, bytesOf('x'))
      rmSync(folder, { recursive: true })
      writeFileSync(folder, '')
      await expect(store.write(3, bytesOf('x'))).rejects.toMatchObject({ code: 'ENOTDIR' })
      rmSync(folder)
      await store.write(4, bytesOf('x'))
      rmSync(dirname(folder), { recursive: true })
      symlinkSync('nowhere', dirname(folder))
      await expect(store.write(5, bytesOf('x'))).rejects.toThrow(StoreError)
      rmSync(dirname(folder))
      mkdirSync(folder, { recursive: true })
      // what somebody put back has no lock
      writeFileSync(join(folder, named(4)), '')
      await store.write(6, bytesOf('x'))
    })
    expect(checkpointsIn(folder)).toEqual([named(4), named(6)])
  })

  test('says why there cannot be a folder, and tries again at the next write', async () => {
    const folder = fresh()
    writeFileSync(folder, 'a file in its place')
    const store = new CheckpointStore(folder)
    await expect(store.open()).rejects.toThrow(StoreError)
    await expect(store.write(1, bytesOf('x'))).rejects.toMatchObject({ code: 'EEXIST' })
    const inside = new CheckpointStore(join(folder, 'inside'))
    await expect(inside.write(1, bytesOf('x'))).rejects.toMatchObject({ code: 'ENOTDIR' })
  })

  test.skipIf(process.getuid?.() === 0)('reports a folder that it may not write', async () => {
    const folder = fresh()
    mkdirSync(folder)
    chmodSync(folder, 0o500)
    await expect(new CheckpointStore(folder).write(1, bytesOf('x'))).rejects.toMatchObject({ code: 'EACCES' })
  })

  test.each([-1, 0.5, Number.NaN, 2 ** 53])('has no number %s', async (number) => {
    await expect(new CheckpointStore(fresh()).write(number, bytesOf('x'))).rejects.toThrow(RangeError)
  })

  test.each([0, -1, 1.5, Number.NaN])('does not keep %s', (keep) => {
    expect(() => new CheckpointStore('x', { keep })).toThrow(RangeError)
  })
})

describe('the latest checkpoint', () => {
  test('of a folder that is not there is none', async () => {
    expect(await latestCheckpoint(fresh(), text)).toEqual({ found: undefined, refused: [] })
  })

  test('is not a folder, a pipe or another file with a similar name', async () => {
    const folder = fresh()
    mkdirSync(join(folder, named(3)), { recursive: true })
    for (const name of ['checkpoint-4.safetensors', `${named(5)}.tmp`, `x${named(6)}`, 'checkpoint-9999999999999999.safetensors']) {
      writeFileSync(join(folder, name), 'x')
    }
    expect(await latestCheckpoint(folder, text)).toEqual({
      found: undefined,
      refused: [{ path: join(folder, named(3)), reason: 'it is not a file' }],
    })
  })

  test('waits for a validation that takes its time', async () => {
    const folder = fresh()
    await withStore(folder, async (store) => {
      await store.write(1, bytesOf('good'))
      await store.write(2, bytesOf('bad'))
    })
    const { found, refused } = await latestCheckpoint(folder, async (bytes) => {
      await new Promise((resolve) => setImmediate(resolve))
      if (text(bytes) === 'bad') throw new Error('no')
      return 7
    })
    expect(found).toEqual({ path: join(folder, named(1)), number: 1, value: 7 })
    expect(refused).toHaveLength(1)
  })
})

describe('the lock of a store', () => {
  test('keeps another store of this process out until it is closed', async () => {
    const folder = fresh()
    await withStore(folder, async (store) => {
      await store.open()
      await expect(new CheckpointStore(folder).open()).rejects.toThrow(`${folder} is in use by process ${process.pid}, which is this one`)
    })
    await withStore(folder, (store) => store.open())
  })

  test('names the process that holds the folder, and is taken over when that was killed', async () => {
    const folder = fresh()
    const child = await holder(folder)
    const store = new CheckpointStore(folder)
    const failure = store.open()
    await expect(failure).rejects.toThrow(LockedError)
    await expect(failure).rejects.toMatchObject({ pid: child.pid, message: `${folder} is in use by process ${child.pid}` })
    await killed(child)
    await store.write(1, bytesOf('mine'))
    await store.close()
    expect(readdirSync(folder)).toEqual([named(1)])
  })

  test('is won by one of many that come at the same time', async () => {
    const folder = fresh()
    const stores = Array.from({ length: 5 }, () => new CheckpointStore(folder))
    const results = await Promise.allSettled(stores.map((store) => store.open()))
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
    await Promise.all(stores.map((store) => store.close()))
    expect(readdirSync(folder)).toEqual([])
  })
})

describe('kill -9', () => {
  test('at any moment leaves nothing but whole checkpoints', async () => {
    const folder = fresh()
    const length = 300_000
    for (const delay of [0, 7, 23]) {
      const child = await holder(
        folder,
        `for (let n = Number(process.hrtime.bigint() / 1000n); ; n++) await store.write(n, new Uint8Array(${length}).fill(n))`,
      )
      await new Promise((resolve) => setTimeout(resolve, delay))
      await killed(child)
      const { refused } = await latestCheckpoint(folder, (bytes) => {
        if (bytes.length !== length || bytes.some((byte) => byte !== bytes[0])) throw new Error('torn')
      })
      expect(refused).toEqual([])
    }
    await withStore(folder, (store) => store.write(2 ** 53 - 1, bytesOf('last')))
    expect(readdirSync(folder).length).toBeLessThanOrEqual(3)
    expect(readdirSync(folder).every((name) => /^checkpoint-\d{16}\.safetensors$/.test(name))).toBe(true)
  })
})
