import { concat, defer, from, ignoreElements, type MonoTypeOperatorFunction, tap } from 'rxjs'
import type { Learned } from '../learn.ts'
import { OptionError } from '../model/options.ts'
import { type SaveOptions, save } from './checkpoint.ts'

export interface CheckpointOptions extends Omit<SaveOptions, 'allocate'> {
  /** Saves after so many characters at the least */
  readonly every: number
  /** Takes the bytes of a checkpoint to where they are safe, and the characters that it covers */
  readonly to: (bytes: Uint8Array, offset: number) => Promise<void> | void
  /** Told of each error in making or taking a checkpoint; the stream goes on, and tries again at the next segment. Without it the error ends the stream. */
  readonly failed?: (error: unknown) => void
}

/**
 * Saves a stream as it is learned, and hands everything on. It copies the state before the next character is learned and does the rest beside the stream;
 * while one checkpoint is on its way no other one is begun. When the stream completes, it saves what was learned since, and completes after that.
 *
 *     source                             --s1--s2--s3--s4--|
 *     checkpoint({ every: 1000, to })    --s1--s2--s3--s4--------|     to: bytes after s2 (1000 characters), and at the end
 *
 *     text$.pipe(learn(model), checkpoint({ every: 100_000, to: (bytes, offset) => store.write(offset, bytes) }))
 */
export function checkpoint<S extends Learned>(options: CheckpointOptions): MonoTypeOperatorFunction<S> {
  const { every } = options
  if (!(every >= 1)) throw new OptionError('every', `every is ${every}, but it must be a number of characters from 1`)
  return (source) =>
    defer(() => {
      const saver = new StreamSaver(options)
      return concat(
        source.pipe(tap({ next: (segment) => saver.next(segment), complete: () => saver.complete() })),
        defer(() => from(saver.finished())).pipe(ignoreElements()),
      )
    })
}

class StreamSaver {
  readonly #options: CheckpointOptions
  #last: Learned | undefined
  #saved: number | undefined
  #fault: unknown
  #busy = false
  #work: Promise<void> = Promise.resolve()

  constructor(options: CheckpointOptions) {
    this.#options = options
  }

  next(segment: Learned): void {
    this.#throwFault()
    this.#last = segment
    this.#saved ??= segment.offset - segment.characters.length
    if (!this.#busy && segment.offset - this.#saved >= this.#options.every) this.#save(segment)
  }

  complete(): void {
    if (this.#last === undefined) return
    const bytes = save(this.#last, { ...this.#options })
    const { offset } = this.#last
    this.#work = this.#work.then(() => this.#take(bytes, offset))
  }

  async finished(): Promise<void> {
    await this.#work
    this.#throwFault()
  }

  #save(segment: Learned): void {
    this.#busy = true
    this.#work = this.#take(save(segment, { ...this.#options }), segment.offset)
  }

  async #take(bytes: Promise<Uint8Array>, offset: number): Promise<void> {
    const { to, failed } = this.#options
    try {
      await to(await bytes, offset)
      this.#saved = offset
    } catch (error) {
      if (failed === undefined) this.#fault = error
      else failed(error)
    }
    this.#busy = false
  }

  #throwFault(): void {
    if (this.#fault !== undefined) throw this.#fault
  }
}
