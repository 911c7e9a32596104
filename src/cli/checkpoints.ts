import { createHash } from 'node:crypto'
import { CheckpointStore, latestCheckpoint } from '../../streams/checkpoint-store.ts'
import { type Loaded, load, type SaveOptions } from '../checkpoint/checkpoint.ts'
import { reuse } from '../checkpoint/seal.ts'

const hasher = () => createHash('sha256')

export interface OpenedCheckpoints {
  readonly checkpoints: Checkpoints
  /** The newest valid one, and its path; undefined in a new folder */
  readonly found: { readonly path: string; readonly value: Loaded } | undefined
}

/** The checkpoints of one folder, which is locked: written one after the other, each into memory that the one before it has left. Errors in words. */
export class Checkpoints {
  readonly #store: CheckpointStore
  readonly #note: (text: string) => void
  #allocated: Uint8Array<ArrayBuffer> | undefined
  #spare: Uint8Array<ArrayBuffer> | undefined
  #last: Promise<unknown> = Promise.resolve()
  #failing = false

  /** Locks the folder and loads its newest valid checkpoint. `note` is told of those that are passed over, and of failures. */
  static async open(folder: string, note: (text: string) => void): Promise<OpenedCheckpoints> {
    const store = new CheckpointStore(folder)
    await store.open()
    try {
      const { found, refused } = await latestCheckpoint(folder, (bytes) => load(bytes, { hasher }))
      for (const { path, reason } of refused) note(`passes over ${path}: ${reason}`)
      if (found === undefined && refused.length > 0) {
        throw new Error(`no checkpoint in ${folder} can be used; move them away to start anew`)
      }
      return { checkpoints: new Checkpoints(store, note), found }
    } catch (error) {
      await store.close()
      throw error
    }
  }

  private constructor(store: CheckpointStore, note: (text: string) => void) {
    this.#store = store
    this.#note = note
  }

  /**
   * Writes what `take` makes, which copies the state at once, under a number that orders the checkpoints. Resolves with whether it is safe; a failure is
   * noted once, until one succeeds again.
   */
  write(number: number, take: (options: SaveOptions) => Promise<Uint8Array>): Promise<boolean> {
    const bytes = take({ hasher, allocate: (length) => this.#allocate(length) })
    const written = this.#write(number, bytes, this.#allocated, this.#last)
    this.#last = written
    return written
  }

  /** Waits until everything is written, and unlocks the folder */
  async close(): Promise<void> {
    await this.#last
    await this.#store.close()
  }

  async #write(number: number, bytes: Promise<Uint8Array>, memory: Uint8Array<ArrayBuffer> | undefined, before: Promise<unknown>): Promise<boolean> {
    try {
      const complete = await bytes
      await before
      await this.#store.write(number, complete)
      this.#spare = memory
      if (this.#failing) this.#note('saved again')
      this.#failing = false
      return true
    } catch (error) {
      if (!this.#failing) this.#note(`${error instanceof Error ? error.message : String(error)}; it goes on, and tries again`)
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
