import { CheckpointStore, latestCheckpoint } from '../../streams/store/checkpoint-store.ts'
import { type Loaded, load, type SaveOptions } from '../checkpoint/checkpoint.ts'
import { reuse } from '../checkpoint/seal.ts'
import { hasher } from './hasher.ts'
import { messageOf } from '../text/message-of.ts'

export interface FoundCheckpoint {
  readonly path: string
  readonly number: number
  readonly value: Loaded
}

/** The newest valid checkpoint of a folder; undefined where there is none. `note` is told of those that are passed over. Errors when none can be used. */
export async function newestCheckpoint(folder: string, note: (text: string) => void): Promise<FoundCheckpoint | undefined> {
  const { found, refused } = await latestCheckpoint(folder, (bytes) => load(bytes, { hasher }))
  for (const { path, reason } of refused) note(`passes over ${path}: ${reason}`)
  if (found === undefined && refused.length > 0) throw new Error(`no checkpoint in ${folder} can be used; move them away to start anew`)
  return found
}

/** The checkpoints of one folder, which is locked: written one after the other, each into memory that the one before it has left. Errors in words. */
export class Checkpoints {
  readonly #store: CheckpointStore
  readonly #note: (text: string) => void
  #allocated: Uint8Array<ArrayBuffer> | undefined
  #spare: Uint8Array<ArrayBuffer> | undefined
  #last: Promise<unknown> = Promise.resolve()
  #failing = false

  /** Locks the folder. `note` is told of failures; `keep` checkpoints stay. */
  static async open(folder: string, note: (text: string) => void, keep?: number): Promise<Checkpoints> {
    const store = new CheckpointStore(folder, keep === undefined ? {} : { keep })
    await store.open()
    return new Checkpoints(store, note)
  }

  private constructor(store: CheckpointStore, note: (text: string) => void) {
    this.#store = store
    this.#note = note
  }

  /**
   * Writes what `take` makes, which copies the state at once, under a number that orders the checkpoints; nothing when that is undefined. Resolves with
   * whether it is safe; a failure is noted once, until one succeeds again.
   */
  write(number: number, take: (options: SaveOptions) => Promise<Uint8Array | undefined>): Promise<boolean> {
    const bytes = take({ hasher, allocate: (length) => this.#allocate(length) })
    const written = this.#write(number, bytes, this.#allocated, this.#last)
    this.#last = written
    return written
  }

  /** Makes memory ready before it is needed: with it the first copy takes no longer than later ones */
  async prepare(make: () => Promise<Uint8Array<ArrayBuffer>>): Promise<void> {
    this.#spare ??= await make()
  }

  /** Whether the last one could not be written */
  get failing(): boolean {
    return this.#failing
  }

  /** Waits until everything is written, and unlocks the folder */
  async close(): Promise<void> {
    await this.#last
    await this.#store.close()
  }

  async #write(
    number: number,
    bytes: Promise<Uint8Array | undefined>,
    memory: Uint8Array<ArrayBuffer> | undefined,
    before: Promise<unknown>,
  ): Promise<boolean> {
    try {
      const complete = await bytes
      if (complete === undefined) return false
      await before
      await this.#store.write(number, complete)
      this.#spare = memory
      if (this.#failing) this.#note('saved again')
      this.#failing = false
      return true
    } catch (error) {
      if (!this.#failing) this.#note(`${messageOf(error)}; it goes on, and tries again`)
      this.#failing = true
      return false
    }
  }

  /** Memory that was used before takes a quarter of the time */
  #allocate(length: number): Uint8Array<ArrayBuffer> {
    this.#allocated = reuse(this.#spare, length)
    this.#spare = undefined
    return this.#allocated
  }
}
