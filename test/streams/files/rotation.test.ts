import {
  appendFileSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { gunzipSync, gzipSync } from 'node:zlib'
import { fc, test as property } from '@fast-check/vitest'
import { describe, expect } from 'vitest'
import { Follower, type FollowNotice } from '../../../streams/files/follow.ts'
import type { Position } from '../../../streams/files/tailed-file.ts'

const ROTATIONS = ['down', 'up', 'dates', 'copy', 'link'] as const
type Rotation = (typeof ROTATIONS)[number]

/** A log that is written and rotated in a folder of its own. Its clock gives the files their times, and moves only when asked. */
class Log {
  readonly path: string
  readonly written: string[] = []
  /** Lines that no file holds any more, or only one that cannot be read */
  readonly unreadable = new Set<string>()
  readonly #rotation: Rotation
  readonly #folder = mkdtempSync(join(tmpdir(), 'rxrnn-rotation-'))
  /** Oldest first */
  #rotated: string[] = []
  #clock = 1e9
  #count = 0
  #names = ''
  #link = -1
  /** Whether the live file has had something in it */
  #begun = false

  constructor(rotation: Rotation) {
    this.#rotation = rotation
    this.path = join(this.#folder, 'app.log')
    if (rotation !== 'link') return
    mkdirSync(join(this.#folder, 'pods'))
    this.#swap()
  }

  remove(): void {
    rmSync(this.#folder, { recursive: true })
  }

  /** Gives its folders a time of the past that changes with the names in them, as if it was seen long after */
  age(): void {
    const names = readdirSync(this.#folder, { recursive: true }).join()
    if (names === this.#names) return
    this.#names = names
    this.#clock += 2
    for (const path of [this.#folder, dirname(this.#target)]) utimesSync(path, this.#clock, this.#clock)
  }

  append(count: number, path: string = this.#target): void {
    this.#clock += 2
    if (path === this.#target) this.#begun = true
    for (let n = 0; n < count; n++) {
      const line = `${this.written.length} ${`${this.written.length}`.repeat(40).slice(0, 40)}\n`
      this.written.push(line)
      appendFileSync(path, line)
    }
    utimesSync(path, this.#clock, this.#clock)
  }

  /** To the file that was renamed, as long as its successor has nothing in it */
  appendLate(): void {
    const last = this.#rotated.at(-1)
    if (last !== undefined && this.#rotation !== 'copy' && !isPacked(last) && !this.#begun) this.append(1, last)
  }

  rotate(): void {
    if (!existsSync(this.#target)) return
    this.#clock += 2
    this.#count += 1
    const target = this.#target
    this.#begun = false
    if (this.#rotation === 'down' || this.#rotation === 'copy') {
      const ascending = this.#rotated
      this.#rotated = ascending.map((old, n) => {
        const name = `${this.path}.${ascending.length - n + 1}${/\.(gz|xz)$/.exec(old)?.[0] ?? ''}`
        renameSync(old, name)
        return name
      })
    }
    const to = `${target}${{ down: '.1', copy: '.1', up: `.${this.#count}`, dates: `-${20260000 + this.#count}`, link: `.20260131-${100000 + this.#count}` }[this.#rotation]}`
    this.#rotated.push(to)
    if (this.#rotation !== 'copy') return renameSync(target, to)
    copyFileSync(target, to)
    truncateSync(target)
    for (const path of [to, target]) utimesSync(path, this.#clock, this.#clock)
  }

  /** Makes the next file before anything is written to it; a link may lead to another one from now on */
  create(): void {
    if (!existsSync(this.#target)) this.#makeTarget()
    else if (this.#rotation === 'link') {
      this.#rotated.push(this.#target)
      this.#swap()
    }
  }

  pack(which: number, extension: 'gz' | 'xz'): void {
    const plain = this.#rotated.filter((path) => !isPacked(path))
    if (plain.length === 0) return
    const path = plain[which % plain.length]!
    const at = this.#rotated.indexOf(path)
    const content = readFileSync(path)
    const packed = `${path}.${extension}`
    const { mtimeMs } = statSync(path)
    if (extension === 'xz') this.#forget(path)
    writeFileSync(packed, extension === 'gz' ? gzipSync(content) : 'packed')
    utimesSync(packed, mtimeMs / 1000, mtimeMs / 1000)
    rmSync(path)
    this.#rotated[at] = packed
  }

  /** Keeps one, as without any there is no sign that there ever was one */
  deleteOldest(): void {
    if (this.#rotated.length < 2) return
    const path = this.#rotated.shift()!
    this.#forget(path)
    rmSync(path)
  }

  cut(): void {
    this.#loseLive((path) => truncateSync(path))
  }

  deleteLive(): void {
    this.#loseLive((path) => rmSync(path))
  }

  #loseLive(how: (path: string) => void): void {
    if (!existsSync(this.#target)) return
    this.#forget(this.#target)
    how(this.#target)
  }

  get #target(): string {
    return this.#rotation === 'link' ? join(this.#folder, 'pods', `${this.#link}.log`) : this.path
  }

  #swap(): void {
    this.#link += 1
    this.#begun = false
    this.#makeTarget()
    rmSync(this.path, { force: true })
    symlinkSync(this.#target, this.path)
  }

  #makeTarget(): void {
    writeFileSync(this.#target, '')
    utimesSync(this.#target, this.#clock, this.#clock)
  }

  #forget(path: string): void {
    if (path.endsWith('.xz')) return
    const content = readFileSync(path)
    const text = (path.endsWith('.gz') ? gunzipSync(content) : content).toString()
    for (const line of text.split(/(?<=\n)/)) this.unreadable.add(line)
  }
}

function isPacked(path: string): boolean {
  return /\.(gz|xz)$/.test(path)
}

/** Reads what a log says, and starts again where it last saved */
class Reader {
  text = ''
  readonly notices: FollowNotice[] = []
  readonly #path: string
  #follower!: Follower
  #position: Position | undefined
  #saved: { readonly position: Position | undefined; readonly length: number } = { position: undefined, length: 0 }

  constructor(path: string) {
    this.#path = path
    this.#start()
  }

  look(): Promise<void> {
    return this.#follower.readUp()
  }

  save(): void {
    this.#saved = { position: this.#position, length: this.text.length }
  }

  async restart(): Promise<void> {
    await this.stop()
    this.text = this.text.slice(0, this.#saved.length)
    this.#position = this.#saved.position
    this.#start()
  }

  async stop(): Promise<void> {
    await this.#follower.close()
  }

  #start(): void {
    const options = { from: this.#saved.position, report: (notice: FollowNotice) => this.notices.push(notice) }
    this.#follower = new Follower(this.#path, options, async ({ bytes, positionAfter }) => {
      this.text += Buffer.from(bytes).toString()
      this.#position = positionAfter(bytes.length)
    })
  }
}

type Kind =
  | 'append'
  | 'append late'
  | 'rotate'
  | 'create'
  | 'gzip'
  | 'look'
  | 'save'
  | 'restart'
  | 'xz'
  | 'delete the oldest'
  | 'cut'
  | 'delete the live one'
type Step = (log: Log, reader: Reader, n: number) => unknown

const STEPS: Record<Kind, Step> = {
  append: (log, _, n) => log.append(1 + (n % 3)),
  'append late': (log) => log.appendLate(),
  rotate: (log) => log.rotate(),
  create: (log) => log.create(),
  gzip: (log, _, n) => log.pack(n, 'gz'),
  look: (_, reader) => reader.look(),
  save: async (_, reader) => {
    await reader.look()
    reader.save()
  },
  restart: (_, reader) => reader.restart(),
  xz: (log, _, n) => log.pack(n, 'xz'),
  'delete the oldest': (log) => log.deleteOldest(),
  // of what came and went unseen nobody can know
  cut: async (log, reader) => {
    await STEPS.save(log, reader, 0)
    log.cut()
  },
  'delete the live one': async (log, reader) => {
    await STEPS.save(log, reader, 0)
    log.deleteLive()
  },
}

const HARMLESS: readonly Kind[] = ['append', 'append', 'append', 'append late', 'rotate', 'rotate', 'create', 'gzip', 'look', 'save', 'restart']
const HARMFUL: readonly Kind[] = [...HARMLESS, 'xz', 'delete the oldest', 'cut', 'delete the live one']
const histories = (kinds: readonly Kind[]) =>
  fc.array(fc.record({ kind: fc.constantFrom(...kinds), n: fc.nat(5) }), { minLength: 4, maxLength: 30, size: 'max' })

async function live(rotation: Rotation, history: readonly { readonly kind: Kind; readonly n: number }[]): Promise<readonly [Log, Reader]> {
  const log = new Log(rotation)
  const reader = new Reader(log.path)
  log.append(1)
  await STEPS.save(log, reader, 0)
  for (const { kind, n } of history) {
    await STEPS[kind](log, reader, n)
    log.age()
  }
  log.append(1)
  for (let looks = 0; looks < 4; looks++) await reader.look()
  await reader.stop()
  log.remove()
  return [log, reader]
}

const RUNS = { numRuns: Number(process.env['ROTATIONS'] ?? 40) }

describe.each(ROTATIONS)('a log that rotates with %s', (rotation) => {
  property.prop([histories(HARMLESS)], RUNS)('is read once, whole and in order', async (history) => {
    const [log, reader] = await live(rotation, history)
    expect(reader.text).toBe(log.written.join(''))
    expect(reader.notices.filter(({ kind }) => kind === 'lost')).toEqual([])
  })

  property.prop([histories(HARMFUL)], RUNS)('gives each line at most once and in order, and a warning when it cannot give one', async (history) => {
    const [log, reader] = await live(rotation, history)
    const read = new Set(reader.text.split(/(?<=\n)/))
    expect(reader.text).toBe(log.written.filter((line) => read.has(line)).join(''))
    const missing = log.written.filter((line) => !read.has(line))
    expect(missing.filter((line) => !log.unreadable.has(line))).toEqual([])
    if (missing.length > 0) expect(reader.notices.map(({ kind }) => kind)).toContain('lost')
  })
})
