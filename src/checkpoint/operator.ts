import { concat, defer, from, ignoreElements, type MonoTypeOperatorFunction, tap, type TimestampProvider } from 'rxjs'
import type { LearnedSegment } from '../learn.ts'
import { OptionError } from '../text/option-error.ts'
import { Autosave } from './autosave.ts'
import { type SaveOptions, prepare, save } from './checkpoint.ts'
import { type Bytes, rehearse } from './seal.ts'

export interface CheckpointOptions extends SaveOptions {
  /** Saves after so many characters at the least, or after so many seconds */
  readonly every: number | { readonly seconds: number }
  /** What says when seconds are over; a monotonic clock unless given */
  readonly scheduler?: TimestampProvider
  /** Takes the bytes of a checkpoint to where they are safe, and the characters that it covers */
  readonly to: (bytes: Bytes, offset: number) => Promise<void> | void
  /** Told of each error in making or taking a checkpoint; the stream continues, and tries again at the next segment. Without it the error ends the stream. */
  readonly failed?: (error: unknown) => void
}

/**
 * Saves a stream as it is learned, and hands everything on. It copies the state before the next character is learned and does the rest beside the stream;
 * while one checkpoint is on its way no other one is begun. Memory for the next one is held ready, as much as the last one took. When the stream completes, it saves what was learned since, and completes after that.
 *
 *     source                             --s1--s2--s3--s4--|
 *     checkpoint({ every: 1000, to })    --s1--s2--s3--s4--------|     to: bytes after s2 (1000 characters), and at the end
 *
 *     text$.pipe(learn(model), checkpoint({ every: 100_000, to: (bytes, offset) => store.write(offset, bytes) }))
 */
export function checkpoint<S extends LearnedSegment>(options: CheckpointOptions): MonoTypeOperatorFunction<S> {
  assertEvery(options.every)
  return (source) =>
    defer(() => {
      const saver = new StreamSaver(options)
      return concat(
        source.pipe(tap({ next: (segment) => saver.next(segment), complete: () => saver.complete() })),
        defer(() => from(saver.finished())).pipe(ignoreElements()),
      )
    })
}

function assertEvery(every: CheckpointOptions['every']): void {
  if (typeof every === 'number') {
    if (!(every >= 1)) throw new OptionError('every', `every is ${every}, but it must be a number of characters from 1`)
  } else if (!(every.seconds > 0)) throw new OptionError('every', `every is ${every.seconds} seconds, but it must be more than 0`)
}

class StreamSaver {
  readonly #options: CheckpointOptions
  readonly #autosave: Autosave
  #last: LearnedSegment | undefined
  #saved: number | undefined
  readonly #scheduler: TimestampProvider
  #savedAt: number
  #fault: unknown
  #complete = false

  constructor(options: CheckpointOptions) {
    const { failed = (error: unknown) => (this.#fault = error) } = options
    this.#options = options
    this.#scheduler = options.scheduler ?? performance
    this.#savedAt = this.#scheduler.now()
    // whoever takes the bytes may keep them
    this.#autosave = new Autosave({ to: (bytes, offset) => this.#write(bytes, offset), failed, reuses: false })
  }

  next(segment: LearnedSegment): void {
    this.#throwFault()
    if (this.#last === undefined) this.#prepare(() => prepare(segment, this.#options))
    this.#last = segment
    this.#saved ??= segment.offset - segment.characters.length
    if (this.#autosave.isIdle && this.#isDue(segment.offset - this.#saved)) this.#save(segment)
  }

  complete(): void {
    this.#complete = true
    if (this.#last !== undefined) this.#save(this.#last)
  }

  async finished(): Promise<void> {
    await this.#autosave.idle()
    this.#throwFault()
  }

  #isDue(characters: number): boolean {
    const { every } = this.#options
    return typeof every === 'number' ? characters >= every : this.#scheduler.now() - this.#savedAt >= 1000 * every.seconds
  }

  #save(segment: LearnedSegment): void {
    void this.#autosave.save(segment.offset, (allocate) => save(segment, { ...this.#options, allocate }))
  }

  async #write(bytes: Bytes, offset: number): Promise<void> {
    await this.#options.to(bytes, offset)
    this.#saved = offset
    this.#savedAt = this.#scheduler.now()
    this.#prepare(() => rehearse([bytes]))
  }

  #prepare(memory: () => Promise<Uint8Array<ArrayBuffer>>): void {
    if (!this.#complete) void this.#autosave.prepare(memory)
  }

  #throwFault(): void {
    if (this.#fault !== undefined) throw this.#fault
  }
}
