import { CheckpointStore, latestCheckpoint } from '../../streams/checkpoint-store.ts'
import type { Position } from '../../streams/tailed-file.ts'
import type { Saver } from '../checkpoint/archives.ts'
import { type Loaded, load, prepare, save } from '../checkpoint/checkpoint.ts'
import { reuse } from '../checkpoint/seal.ts'
import type { Learned } from '../learn.ts'
import type { Archive } from '../model/archive.ts'
import { modelOptions, OptionError } from '../model/options.ts'
import { createModel } from '../network/create.ts'
import type { Model } from '../network/model.ts'
import type { StreamState } from '../network/stream.ts'
import { hasher } from './checkpoint-file.ts'
import { incompleteTail } from './incomplete.ts'
import type { ModelFlags } from './options.ts'

const SOURCE = 'source'

/** Part of the state beside the model and its stream */
export interface Kept {
  transfer(archive: Archive): void
}

export interface KeeperOptions {
  /** Seconds between two checkpoints */
  readonly every: number
  /** How many checkpoints stay */
  readonly keep: number
  readonly kept: readonly Kept[]
  readonly note: (text: string) => void
}

/** Keeps the state of a stream in a folder: loads what is there, saves every few seconds and when it is told to, and says so when it cannot */
export class Keeper {
  readonly model: Model
  readonly stream: StreamState | undefined
  /** Where the source goes on, if it can */
  readonly position: Position | undefined
  readonly #store: CheckpointStore
  readonly #options: KeeperOptions
  readonly #timer: ReturnType<typeof setInterval>
  readonly #tail = new Tail()
  #segment: Learned | undefined
  #saved: number
  #at: Position | undefined
  #allocated: Uint8Array<ArrayBuffer> | undefined
  #spare: Uint8Array<ArrayBuffer> | undefined
  #writing: Promise<void> = Promise.resolve()
  #failing = false

  /** Locks the folder and resumes from its newest valid checkpoint, or starts anew where there is none. Errors in words. */
  static async open(folder: string, flags: ModelFlags, options: KeeperOptions): Promise<Keeper> {
    const store = new CheckpointStore(folder, { keep: options.keep })
    await store.open()
    try {
      const { found, refused } = await latestCheckpoint(folder, (bytes) => load(bytes, { hasher }))
      for (const { path, reason } of refused) options.note(`rxrnn: passes over ${path}: ${reason}`)
      if (found === undefined && refused.length > 0) {
        throw new Error(`no checkpoint in ${folder} can be used; move them away to start anew`)
      }
      if (found === undefined) return new Keeper(store, { model: createModel(flags) }, options)
      assertSameOptions(flags, found.value.model, folder)
      for (const part of options.kept) part.transfer(found.value.archive)
      options.note(`rxrnn: resumes from ${found.path}, after ${(found.value.stream?.offset ?? 0).toLocaleString('en')} characters`)
      return new Keeper(store, found.value, options)
    } catch (error) {
      await store.close()
      throw error
    }
  }

  private constructor(store: CheckpointStore, loaded: Pick<Loaded, 'model'> & Partial<Loaded>, options: KeeperOptions) {
    this.model = loaded.model
    this.stream = loaded.stream
    this.position = positionOf(loaded.notes?.get(SOURCE))
    this.#store = store
    this.#options = options
    this.#saved = loaded.stream?.offset ?? 0
    this.#at = this.position
    this.#timer = setInterval(() => this.save(), options.every * 1000)
  }

  /** Takes note of bytes that are about to be learned, and of where the source stands after them */
  read(bytes: Uint8Array, position?: Position): void {
    this.#tail.push(bytes)
    this.#at = position
  }

  /** Takes note of what was learned */
  learned(segment: Learned): void {
    if (this.#segment === undefined) void prepare(segment).then((memory) => (this.#spare ??= memory))
    this.#segment = segment
  }

  /** Starts to save what was learned since the last time, if anything. To be called between two chunks, or at the end of the stream. */
  save(): void {
    const segment = this.#segment
    if (segment === undefined || segment.offset === this.#saved) return
    this.#saved = segment.offset
    const bytes = save(segment, {
      hasher,
      notes: new Map(this.#at === undefined ? [] : [[SOURCE, JSON.stringify(this.#before(this.#at))]]),
      also: (archive: Saver) => {
        for (const part of this.#options.kept) part.transfer(archive)
      },
      allocate: (length) => this.#allocate(length),
    })
    this.#writing = this.#write(segment.offset, bytes, this.#allocated, this.#writing)
  }

  /** Waits until everything is safe, and unlocks the folder */
  async close(): Promise<void> {
    clearInterval(this.#timer)
    await this.#writing
    await this.#store.close()
  }

  async #write(offset: number, bytes: Promise<Uint8Array>, memory: Uint8Array<ArrayBuffer> | undefined, before: Promise<void>): Promise<void> {
    try {
      const complete = await bytes
      await before
      await this.#store.write(offset, complete)
      this.#spare = memory
      if (this.#failing) this.#options.note('rxrnn: saved again')
      this.#failing = false
    } catch (error) {
      // tried again at the next time, and reported once
      if (this.#saved === offset) this.#saved = -1
      if (!this.#failing) this.#options.note(`rxrnn: ${error instanceof Error ? error.message : String(error)}; it goes on, and tries again`)
      this.#failing = true
    }
  }

  /** Memory that was used before takes a quarter of the time */
  #allocate(length: number): Uint8Array<ArrayBuffer> {
    this.#allocated = reuse(this.#spare, length)
    this.#spare = undefined
    return this.#allocated
  }

  /** A character that is not complete yet will be read again */
  #before(position: Position): Position {
    const held = this.model.vocabulary.alphabet === 'bytes' ? 0 : this.#tail.incomplete
    const mark = Buffer.from(position.mark, 'base64')
    return { ...position, offset: position.offset - held, mark: mark.subarray(0, mark.length - held).toString('base64') }
  }
}

/** The last bytes of a stream */
class Tail {
  #bytes = new Uint8Array()

  get incomplete(): number {
    return incompleteTail(this.#bytes)
  }

  push(bytes: Uint8Array): void {
    const last = bytes.subarray(-3)
    this.#bytes = Uint8Array.from([...this.#bytes.subarray(-3), ...last]).slice(-3)
  }
}

function positionOf(note: string | undefined): Position | undefined {
  if (note === undefined) return undefined
  const { device, inode, offset, mark, size }: Record<string, unknown> = JSON.parse(note)
  if (typeof device !== 'string' || typeof inode !== 'string' || typeof mark !== 'string' || typeof offset !== 'number' || typeof size !== 'number') {
    throw new TypeError('the place in the source is damaged')
  }
  return { device, inode, offset, mark, size }
}

/** Options that are given must be those that were saved: to learn on with others would be another run */
function assertSameOptions(flags: ModelFlags, { options }: Model, folder: string): void {
  const asked = new Map<string, unknown>(Object.entries(flags.preset === undefined ? flags : modelOptions(flags)))
  for (const [name, saved] of Object.entries(options)) {
    if (!asked.has(name) || asked.get(name) === saved) continue
    const value = String(asked.get(name))
    throw new OptionError(name, `${name} is ${value}, but ${String(saved)} in the checkpoint; leave it away, or save elsewhere than in ${folder}`)
  }
}
