import { CheckpointStore, latestCheckpoint } from '../../streams/store/checkpoint-store.ts'
import { Autosave } from '../checkpoint/autosave.ts'
import { type Loaded, load, type SavingOptions } from '../checkpoint/checkpoint.ts'
import { messageOf } from '../text/message-of.ts'

export interface FoundCheckpoint {
  readonly path: string
  readonly number: number
  readonly value: Loaded
}

/** The newest valid checkpoint of a folder; undefined where there is none. `note` receives the skipped ones. Rejects when none can be used. */
export async function newestCheckpoint(folder: string, note: (text: string) => void): Promise<FoundCheckpoint | undefined> {
  const { found, refused } = await latestCheckpoint(folder, (bytes) => load(bytes))
  for (const { path, reason } of refused) note(`skips ${path}: ${reason}`)
  if (found === undefined && refused.length > 0) throw new Error(`no checkpoint in ${folder} can be used; move them away to start anew`)
  return found
}

/** The checkpoints of one folder, which is locked: written one after the other, each into memory that the one before it has left. Rejects with a readable message. */
export class Checkpoints {
  readonly #store: CheckpointStore
  readonly #note: (text: string) => void
  readonly #autosave = new Autosave({ to: (bytes, number) => this.#write(bytes, number), failed: (error) => this.#failed(error), reuses: true })
  #failure: string | undefined

  /** Locks the folder. `note` receives failures; `keep` checkpoints stay. */
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
  write(number: number, take: (options: SavingOptions) => Promise<Uint8Array<ArrayBuffer> | undefined>): Promise<boolean> {
    return this.#autosave.save(number, (allocate) => take({ allocate }))
  }

  /** Makes memory ready before it is needed */
  prepare(make: () => Promise<Uint8Array<ArrayBuffer>>): Promise<void> {
    return this.#autosave.prepare(make)
  }

  /** Why the last one could not be written, if so */
  get failure(): string | undefined {
    return this.#failure
  }

  /** Waits until everything is written, and unlocks the folder */
  async close(): Promise<void> {
    await this.#autosave.idle()
    await this.#store.close()
  }

  async #write(bytes: Uint8Array, number: number): Promise<void> {
    await this.#store.write(number, bytes)
    if (this.#failure !== undefined) this.#note('saved again')
    this.#failure = undefined
  }

  #failed(error: unknown): void {
    if (this.#failure === undefined) this.#note(`${messageOf(error)}; it continues, and tries again`)
    this.#failure = messageOf(error)
  }
}
