import { Serial } from '../async.ts'
import type { Allocate } from './safetensors.ts'
import { reuse } from './seal.ts'

type Memory = Uint8Array<ArrayBuffer>

export interface AutosaveOptions {
  /** Makes the bytes of a checkpoint safe, under a number that orders the checkpoints */
  readonly to: (bytes: Memory, number: number) => Promise<unknown> | void
  /** Called with each error in making or saving a checkpoint */
  readonly failed: (error: unknown) => void
  /** Whether nobody needs the bytes any more when they are safe, so that the next checkpoint may be written over them */
  readonly reuses: boolean
}

/** Saves checkpoints one after the other, each into memory that was made ready before. It continues when one cannot be saved. */
export class Autosave {
  readonly #options: AutosaveOptions
  readonly #serial = new Serial()
  #spare: Memory | undefined

  constructor(options: AutosaveOptions) {
    this.#options = options
  }

  /** Whether no checkpoint is on its way */
  get isIdle(): boolean {
    return this.#serial.isIdle
  }

  /** Saves what `take` makes, which copies the state at once; nothing when that is undefined. Resolves with whether it is safe. */
  save(number: number, take: (allocate: Allocate) => Promise<Memory | undefined>): Promise<boolean> {
    const spare = this.#spare
    let memory: Memory | undefined
    this.#spare = undefined
    const bytes = take((length) => (memory = reuse(spare, length)))
    // it may fail before its turn
    bytes.catch(() => {})
    return this.#serial.run(async () => {
      const safe = await this.#finish(number, bytes)
      if (safe && this.#options.reuses) this.#spare = memory
      return safe
    })
  }

  /** Makes memory ready before it is needed: memory that was written to before takes a quarter of the time */
  async prepare(make: () => Promise<Memory>): Promise<void> {
    this.#spare ??= await make()
  }

  /** Resolves when no checkpoint is on its way */
  idle(): Promise<void> {
    return this.#serial.idle()
  }

  async #finish(number: number, bytes: Promise<Memory | undefined>): Promise<boolean> {
    try {
      const complete = await bytes
      if (complete === undefined) return false
      await this.#options.to(complete, number)
      return true
    } catch (error) {
      this.#options.failed(error)
      return false
    }
  }
}
