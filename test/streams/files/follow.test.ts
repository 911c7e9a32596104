import {
  appendFileSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readlinkSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { gzipSync } from 'node:zlib'
import { fc, test as property } from '@fast-check/vitest'
import type { Subscription } from 'rxjs'
import { FileError, type FollowNotice, type FollowOptions, follow, type Position } from 'rxrnn/node'
import { afterEach, describe, expect, test } from 'vitest'

const fresh = () => join(mkdtempSync(join(tmpdir(), 'rxrnn-follow-')), 'app.log')

const readers: Reader[] = []
afterEach(() => {
  for (const reader of readers.splice(0)) reader.stop()
})

class Reader {
  text = ''
  position: Position | undefined
  readonly notices: FollowNotice[] = []
  error: unknown
  readonly #subscription: Subscription

  constructor(path: string, options: FollowOptions = {}) {
    readers.push(this)
    this.#subscription = follow(path, { poll: 5, report: (notice) => this.notices.push(notice), ...options }).subscribe({
      next: ({ bytes, position }) => {
        this.text += Buffer.from(bytes).toString('latin1')
        this.position = position
      },
      error: (error: unknown) => {
        this.error = error
      },
    })
  }

  stop(): void {
    this.#subscription.unsubscribe()
  }

  async reaches(text: string): Promise<void> {
    await until(() => this.text.length >= text.length)
    expect(this.text).toBe(text)
  }

  kinds(): readonly string[] {
    return this.notices.map(({ kind }) => kind)
  }
}

async function until(condition: () => boolean): Promise<void> {
  for (const deadline = performance.now() + 8000; !condition(); await sleep(2)) {
    if (performance.now() > deadline) throw new Error('it never came')
  }
}

/** Lines of their own kind, long enough to know a file by */
const line = (name: string) => `${name} ${name.repeat(40)}\n`

/** Moves app.log to app.log.1, app.log.1 to app.log.2 and so on */
function shift(path: string): void {
  for (let n = 20; n >= 1; n--) if (existsSync(`${path}.${n}`)) renameSync(`${path}.${n}`, `${path}.${n + 1}`)
}

function rotate(path: string): void {
  shift(path)
  if (existsSync(path)) renameSync(path, `${path}.1`)
}

function copyAndCut(path: string): void {
  shift(path)
  copyFileSync(path, `${path}.1`)
  truncateSync(path)
}

/** A file that was last written at that second */
function put(path: string, content: string | Buffer, time: number): void {
  writeFileSync(path, content)
  utimesSync(path, time, time)
}

/** Reads what is there, and gives the position after it */
async function readUp(path: string, text: string): Promise<Position> {
  const reader = new Reader(path)
  await reader.reaches(text)
  reader.stop()
  return reader.position!
}

describe('a followed file', () => {
  test('is read from its start, and on as it grows', async () => {
    const path = fresh()
    writeFileSync(path, 'one\n')
    const reader = new Reader(path)
    await reader.reaches('one\n')
    appendFileSync(path, 'tw')
    await reader.reaches('one\ntw')
    appendFileSync(path, 'o\n')
    await reader.reaches('one\ntwo\n')
    expect(reader.position).toMatchObject({ inode: String(statSync(path).ino), device: String(statSync(path).dev), offset: 8, size: 8 })
    expect(reader.notices).toEqual([])
  })

  test.each([5, 1_000_000])('is noticed to grow when it is looked at every %s ms', async (poll) => {
    const path = fresh()
    writeFileSync(path, 'a')
    const reader = new Reader(path, { poll })
    await reader.reaches('a')
    await sleep(20)
    appendFileSync(path, 'b')
    await reader.reaches('ab')
  })

  test('is waited for, with its folder, and this is said once', async () => {
    const path = join(fresh(), 'app.log')
    const reader = new Reader(path)
    await until(() => reader.notices.length > 0)
    await sleep(20)
    mkdirSync(dirname(path))
    writeFileSync(path, 'here')
    await reader.reaches('here')
    expect(reader.notices).toEqual([{ kind: 'waiting', message: `waiting for ${path}` }])
  })

  test('gives what was written to it after it was renamed, before what is in the new one', async () => {
    const path = fresh()
    writeFileSync(path, 'one\n')
    const reader = new Reader(path)
    await reader.reaches('one\n')
    renameSync(path, `${path}.1`)
    appendFileSync(`${path}.1`, 'two\n')
    await reader.reaches('one\ntwo\n')
    writeFileSync(path, '')
    await sleep(20)
    appendFileSync(`${path}.1`, 'three\n')
    await reader.reaches('one\ntwo\nthree\n')
    writeFileSync(path, 'four\n')
    await reader.reaches('one\ntwo\nthree\nfour\n')
    expect(reader.notices).toEqual([{ kind: 'moved', message: `continues with ${path}` }])
  })

  test('continues through files that rotated in one go', async () => {
    const path = fresh()
    writeFileSync(path, 'one\n')
    const reader = new Reader(path)
    await reader.reaches('one\n')
    for (const text of ['two\n', 'three\n', 'four\n']) {
      rotate(path)
      writeFileSync(path, text)
    }
    await reader.reaches('one\ntwo\nthree\nfour\n')
  })

  test('is read once though numbers rise, so that app.log.1 is the oldest', async () => {
    const path = fresh()
    writeFileSync(path, 's0\n')
    const reader = new Reader(path)
    await reader.reaches('s0\n')
    let text = 's0\n'
    for (const n of [1, 2, 3]) {
      renameSync(path, `${path}.${n}`)
      writeFileSync(path, `s${n}\n`)
      text += `s${n}\n`
      await reader.reaches(text)
    }
    await sleep(20)
    expect(reader.text).toBe(text)
    expect(new Set(reader.notices.map(({ message }) => message))).toEqual(new Set([`continues with ${path}`]))
  })

  test('is read to the end when it was deleted, then the new one', async () => {
    const path = fresh()
    writeFileSync(path, line('a'))
    const reader = new Reader(path)
    await reader.reaches(line('a'))
    appendFileSync(path, 'last\n')
    rmSync(path)
    writeFileSync(path, 'new\n')
    await reader.reaches(`${line('a')}last\nnew\n`)
  })

  test('is read from its new start when it was cut, and says what it cannot know', async () => {
    const path = fresh()
    writeFileSync(path, line('a'))
    const reader = new Reader(path)
    await reader.reaches(line('a'))
    truncateSync(path)
    await until(() => reader.notices.length > 0)
    appendFileSync(path, 'b')
    await reader.reaches(`${line('a')}b`)
    expect(reader.notices).toEqual([
      { kind: 'lost', bytes: 0, message: `${path} was replaced or cut: what followed byte 43 may be lost; starts at its beginning` },
    ])
  })

  test('is known to be cut though it grew past the place', async () => {
    const path = fresh()
    writeFileSync(path, line('a'))
    const reader = new Reader(path)
    await reader.reaches(line('a'))
    writeFileSync(path, line('b').repeat(3))
    await reader.reaches(line('a') + line('b').repeat(3))
    expect(reader.kinds()).toEqual(['lost'])
  })

  test('loses nothing when it was copied and cut', async () => {
    const path = fresh()
    writeFileSync(path, line('a'))
    const reader = new Reader(path)
    await reader.reaches(line('a'))
    appendFileSync(path, line('b'))
    copyAndCut(path)
    appendFileSync(path, line('c'))
    await reader.reaches(line('a') + line('b') + line('c'))
    expect(reader.kinds()).not.toContain('lost')
  })

  test('is read no further than what was dealt with', async () => {
    const path = fresh()
    writeFileSync(path, Buffer.alloc(1_000_000, 'x'))
    let release: (() => void) | undefined
    const ready = () => new Promise<void>((resolve) => (release = resolve))
    const reader = new Reader(path, { ready })
    await until(() => release !== undefined)
    expect(reader.text).toBe('')
    release!()
    await until(() => reader.text !== '')
    await sleep(10)
    expect(reader.text.length).toBeLessThan(1000)
    expect(reader.position!.offset).toBe(reader.text.length)
  })

  test.skipIf(!existsSync('/proc/self/fd'))('is closed when nobody listens, even while it waits for its receiver', async () => {
    const path = fresh()
    writeFileSync(path, 'x'.repeat(1000))
    const opened = () => readdirSync('/proc/self/fd').some((fd) => linkOf(`/proc/self/fd/${fd}`) === path)
    for (const ready of [() => undefined, () => new Promise<void>(() => {})]) {
      const reader = new Reader(path, { ready })
      await until(opened)
      reader.stop()
      await until(() => !opened())
      expect(reader.error).toBeUndefined()
    }
  })

  test('is no folder and no impossible position', async () => {
    const path = fresh()
    const folder = new Reader(dirname(path))
    await until(() => folder.error !== undefined)
    expect(folder.error).toBeInstanceOf(FileError)
    expect(folder.error).toMatchObject({ code: 'EISDIR' })
    for (const wrong of [
      { offset: -1 },
      { offset: 0.5 },
      { offset: 1, mark: 'AAAA' },
      { offset: 1000, mark: 'A'.repeat(400) },
      { offset: 0, written: 'today' },
    ]) {
      const reader = new Reader(path, { from: { device: '1', inode: '1', mark: '', size: 0, ...wrong } })
      await until(() => reader.error !== undefined)
      expect(reader.error).toBeInstanceOf(RangeError)
    }
  })
})

function linkOf(path: string): string | undefined {
  try {
    return readlinkSync(path)
  } catch {
    return undefined
  }
}

describe('from a position, a followed file', () => {
  test('continues at the byte, though a character was cut there', async () => {
    const path = fresh()
    writeFileSync(path, line('é'))
    const whole = Buffer.from(line('é')).toString('latin1')
    const reader = new Reader(path)
    await reader.reaches(whole)
    reader.stop()
    const from = { ...reader.position!, offset: 1, mark: Buffer.from(whole.slice(0, 1), 'latin1').toString('base64') }
    await new Reader(path, { from }).reaches(whole.slice(1))
  })

  test('is found under its new name, and those that came after it are read in order', async () => {
    const path = fresh()
    writeFileSync(path, line('a'))
    const from = await readUp(path, line('a'))
    appendFileSync(path, line('b'))
    for (const name of ['c', 'd', 'e']) {
      rotate(path)
      writeFileSync(path, line(name))
    }
    const reader = new Reader(path, { from })
    await reader.reaches(['b', 'c', 'd', 'e'].map(line).join(''))
    expect(reader.kinds()).toEqual(['moved', 'moved', 'moved'])
  })

  test.each([
    ['app.log-20260101', 'app.log-20260102', 'app.log-20260103'],
    ['app-20260101.log', 'app-20260102.log', 'app-20260103.log'],
    ['app.log.2026-01-01T10:00', 'app.log.2026-01-01T11:00', 'app.log.2026-01-01T12:00'],
  ])('follows dates: %s', async (...names) => {
    const path = fresh()
    const folder = dirname(path)
    writeFileSync(path, line('a'))
    const from = await readUp(path, line('a'))
    // others in the same folder that it has nothing to do with
    for (const name of ['app-2.log', 'app-error.log', 'app.log.old', 'apple.log.1', 'app2.log']) writeFileSync(join(folder, name), line('x'))
    names.forEach((name, n) => {
      renameSync(path, join(folder, name))
      // as if written in one moment
      utimesSync(join(folder, name), 1e9, 1e9)
      writeFileSync(path, line(`${n}`))
    })
    const reader = new Reader(path, { from })
    await reader.reaches(['0', '1', '2'].map(line).join(''))
    await sleep(20)
    expect(reader.text).toBe(['0', '1', '2'].map(line).join(''))
  })

  test('is found under any name in its folder', async () => {
    const path = fresh()
    writeFileSync(path, line('a'))
    const from = await readUp(path, line('a'))
    appendFileSync(path, line('b'))
    renameSync(path, join(dirname(path), 'put aside'))
    await new Reader(path, { from }).reaches(line('b'))
  })

  test('is found in its copy when it was copied and cut', async () => {
    const path = fresh()
    writeFileSync(path, line('a'))
    const from = await readUp(path, line('a'))
    appendFileSync(path, line('b'))
    copyAndCut(path)
    appendFileSync(path, line('c').repeat(5))
    copyAndCut(path)
    appendFileSync(path, line('d').repeat(9))
    const reader = new Reader(path, { from })
    await reader.reaches(line('b') + line('c').repeat(5) + line('d').repeat(9))
    expect(reader.kinds()).not.toContain('lost')
  })

  test('is found where it was copied to another disk', async () => {
    const path = fresh()
    writeFileSync(path, line('a') + line('b'))
    const from = await readUp(path, line('a') + line('b'))
    appendFileSync(path, line('c'))
    const moved = fresh()
    copyFileSync(path, moved)
    await new Reader(moved, { from }).reaches(line('c'))
  })

  test('is not taken for another one that got its inode', async () => {
    const path = fresh()
    writeFileSync(path, line('b').repeat(3))
    const { ino, dev } = statSync(path)
    const mark = Buffer.from(line('a')).toString('base64')
    const reader = new Reader(path, { from: { device: `${dev}`, inode: `${ino}`, offset: line('a').length, mark, size: 1000 } })
    await reader.reaches(line('b').repeat(3))
    expect(reader.notices).toEqual([
      { kind: 'lost', bytes: 957, message: `${path} was replaced or cut: at least 957 bytes after byte 43 may be lost; starts at its beginning` },
    ])
  })

  test('says what was compressed before it was read', async () => {
    const path = fresh()
    writeFileSync(path, line('a'))
    const from = await readUp(path, line('a'))
    renameSync(path, `${path}.3`)
    put(`${path}.3`, line('a'), 1e9)
    put(`${path}.2.xz`, 'packed', 1e9 + 2)
    put(`${path}.1`, line('c'), 1e9 + 4)
    put(path, line('d'), 1e9 + 6)
    const reader = new Reader(path, { from: { ...from, written: '1000000000000000000' } })
    await reader.reaches(line('c') + line('d'))
    expect(reader.notices[0]).toEqual({
      kind: 'lost',
      bytes: 6,
      message: `${path}.2.xz was compressed before it was read: 6 bytes and more may be lost`,
    })
    expect(reader.kinds()).toEqual(['lost', 'moved', 'moved'])
  })

  test('reads what gzip compressed meanwhile, and says where that is damaged', async () => {
    const path = fresh()
    writeFileSync(path, line('a'))
    const from = await readUp(path, line('a'))
    renameSync(path, join(dirname(path), 'removed'))
    put(`${path}.4.gz`, gzipSync(line('a') + line('b')), 2e9)
    rmSync(join(dirname(path), 'removed'))
    put(`${path}.3.gz`, gzipSync(line('c')), 2e9 + 2)
    put(`${path}.2.gz`, gzipSync(line('d')).subarray(0, -9), 2e9 + 4)
    put(`${path}.1`, line('f'), 2e9 + 6)
    put(path, line('g'), 2e9 + 8)
    const reader = new Reader(path, { from })
    await reader.reaches(['b', 'c', 'f', 'g'].map(line).join(''))
    expect(reader.notices.filter(({ kind }) => kind === 'lost')).toEqual([
      { kind: 'lost', message: `${path}.2.gz is damaged (unexpected end of file): what follows its byte 0 may be lost` },
    ])
  })

  const step = fc.oneof(
    fc.record({ kind: fc.constant('append' as const), text: fc.string({ minLength: 40, maxLength: 300, unit: 'grapheme-ascii' }) }),
    fc.record({ kind: fc.constantFrom('rotate' as const, 'cut' as const, 'restart' as const, 'wait' as const) }),
  )
  property.prop([fc.array(step, { minLength: 3, maxLength: 12 })], { numRuns: 40 })(
    'is read once and whole, whatever happens to it',
    async (steps) => {
      const path = fresh()
      let written = line('start')
      writeFileSync(path, written)
      let from = await readUp(path, written)
      let before = written.length
      let reader = new Reader(path, { from })
      const append = (text: string) => {
        // no two alike
        const unique = `${written.length} ${text}`
        written += unique
        appendFileSync(path, unique)
      }
      const caughtUp = () => reader.reaches(written.slice(before))
      const restart = () => {
        reader.stop()
        before += reader.text.length
        from = reader.position ?? from
        reader = new Reader(path, { from })
      }
      for (const action of steps) {
        if (action.kind === 'append') append(action.text)
        else if (action.kind === 'rotate') rotate(path)
        else if (action.kind === 'restart') restart()
        else await caughtUp()
        if (action.kind === 'cut' && existsSync(path)) copyAndCut(path)
      }
      await caughtUp()
      reader.stop()
      expect(reader.kinds()).not.toContain('lost')
    },
  )
})
