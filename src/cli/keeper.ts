import type { Position } from '../../streams/tailed-file.ts'
import { type Loaded, save } from '../checkpoint/checkpoint.ts'
import type { Learned } from '../learn.ts'
import type { Archive } from '../model/archive.ts'
import { modelOptions, OptionError } from '../model/options.ts'
import { createModel } from '../network/create.ts'
import type { Model } from '../network/model.ts'
import type { StreamState } from '../network/stream.ts'
import { Checkpoints } from './checkpoints.ts'
import { incompleteTail } from './incomplete.ts'
import type { ModelFlags } from './options.ts'

const SOURCE = 'source'

/** Part of the state beside the model and its stream */
export interface Kept {
  transfer(archive: Archive): void
}

export interface KeeperOptions {
  readonly every: number
  readonly kept: readonly Kept[]
  readonly note: (text: string) => void
}

/** Keeps the state of a stream in a folder: loads what is there, saves every few seconds and when it is told to, and says so when it cannot */
export class Keeper {
  readonly model: Model
  readonly stream: StreamState | undefined
  /** Where the source goes on, if it can */
  readonly position: Position | undefined
  readonly #checkpoints: Checkpoints
  readonly #options: KeeperOptions
  readonly #timer: ReturnType<typeof setInterval>
  readonly #tail = new Tail()
  #segment: Learned | undefined
  #saved: number
  #at: Position | undefined

  /** Locks the folder and resumes from its newest valid checkpoint, or starts anew where there is none. Errors in words. */
  static async open(folder: string, flags: ModelFlags, options: KeeperOptions): Promise<Keeper> {
    const { checkpoints, found } = await Checkpoints.open(folder, (text) => options.note(`rxrnn: ${text}`))
    if (found === undefined) return new Keeper(checkpoints, { model: createModel(flags) }, options)
    try {
      assertSameOptions(flags, found.value.model, folder)
      for (const part of options.kept) part.transfer(found.value.archive)
    } catch (error) {
      await checkpoints.close()
      throw error
    }
    options.note(`rxrnn: resumes from ${found.path}, after ${(found.value.stream?.offset ?? 0).toLocaleString('en')} characters`)
    return new Keeper(checkpoints, found.value, options)
  }

  private constructor(checkpoints: Checkpoints, loaded: Pick<Loaded, 'model'> & Partial<Loaded>, options: KeeperOptions) {
    this.model = loaded.model
    this.stream = loaded.stream
    this.position = positionOf(loaded.notes?.get(SOURCE))
    this.#checkpoints = checkpoints
    this.#options = options
    this.#saved = loaded.stream?.offset ?? 0
    this.#at = this.position
    this.#timer = setInterval(() => void this.save(), options.every * 1000)
  }

  /** Takes note of bytes that are about to be learned, and of where the source stands after them */
  read(bytes: Uint8Array, position?: Position): void {
    this.#tail.push(bytes)
    this.#at = position
  }

  /** Takes note of what was learned */
  learned(segment: Learned): void {
    this.#segment = segment
  }

  /** Saves what was learned since the last time, if anything. To be called between two chunks, or at the end of the stream. */
  async save(): Promise<void> {
    const segment = this.#segment
    if (segment === undefined || segment.offset === this.#saved) return
    this.#saved = segment.offset
    const safe = await this.#checkpoints.write(segment.offset, (options) =>
      save(segment, {
        ...options,
        notes: new Map(this.#at === undefined ? [] : [[SOURCE, JSON.stringify(this.#before(this.#at))]]),
        also: (archive) => {
          for (const part of this.#options.kept) part.transfer(archive)
        },
      }),
    )
    // tried again at the next time
    if (!safe && this.#saved === segment.offset) this.#saved = -1
  }

  /** Waits until everything is safe, and unlocks the folder */
  async close(): Promise<void> {
    clearInterval(this.#timer)
    await this.#checkpoints.close()
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
