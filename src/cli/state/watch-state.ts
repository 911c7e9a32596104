import { prefixed, type Saver } from '../../checkpoint/archives.ts'
import { type Loaded, prepare, type SavingOptions, save } from '../../checkpoint/checkpoint.ts'
import type { Kept } from './saved-part.ts'
import { modelOptions } from '../../network/options.ts'
import { OptionError } from '../../text/option-error.ts'
import { createModel } from '../../network/create.ts'
import type { Model } from '../../network/model.ts'
import { Checkpoints, type FoundCheckpoint, newestCheckpoint } from '../../storage/checkpoint-folder.ts'
import { SourceState, SOURCES, savedSources } from './source-state.ts'
import type { GivenOptions } from '../../network/options.ts'

export interface WatchStateOptions {
  /** Seconds between two checkpoints */
  readonly every: number
  /** How many checkpoints stay */
  readonly keep: number
  /** The sources whose streams are kept; - is standard input */
  readonly paths: readonly string[]
  readonly kept: readonly Kept[]
  /** Whether everything that was printed so far has arrived; no checkpoint covers what has not */
  readonly written: () => Promise<boolean>
  readonly note: (text: string) => void
}

/** Keeps the state of streams that one model learns in a folder: loads what is there, saves every few seconds and when told to, and says when it cannot */
export class WatchState {
  readonly model: Model
  readonly sources: readonly SourceState[]
  /** Whether something was there to resume from */
  readonly resumed: boolean
  readonly #checkpoints: Checkpoints
  readonly #options: WatchStateOptions
  readonly #timer: ReturnType<typeof setInterval>
  /** The characters of the streams that continue and of those that do not: no later checkpoint has a lower number */
  readonly #before: number
  #saved: number
  #closed = false

  /** Locks the folder and resumes from its newest valid checkpoint, or starts anew where there is none. Rejects with a readable message. */
  static async open(folder: string, flags: GivenOptions, options: WatchStateOptions): Promise<WatchState> {
    const checkpoints = await Checkpoints.open(folder, noter(options), options.keep)
    try {
      const found = await newest(folder, flags, options)
      if (found === undefined) return new WatchState(checkpoints, { model: createModel(flags) }, options)
      options.note(`rxrnn: resumes from ${found.path}, after ${found.number.toLocaleString('en')} characters`)
      return new WatchState(checkpoints, found.value, options, found.number)
    } catch (error) {
      await checkpoints.close()
      throw error
    }
  }

  private constructor(
    checkpoints: Checkpoints,
    { model, archive, notes }: Pick<Loaded, 'model'> & Partial<Loaded>,
    options: WatchStateOptions,
    saved = 0,
  ) {
    this.model = model
    this.resumed = archive !== undefined
    this.sources = sourceStates(options, model, archive, notes)
    this.#checkpoints = checkpoints
    this.#options = options
    this.#saved = saved
    this.#before = saved - this.#offsets
    this.#timer = setInterval(() => void this.#saveInTime(), options.every * 1000)
  }

  get #offsets(): number {
    return this.sources.reduce((sum, { offset }) => sum + offset, 0)
  }

  /** To be called when something changed that is not text: it is saved next time, also if no text comes */
  changed(): void {
    this.#saved = -1
  }

  /** Saves what was learned since the last time, if anything. To be called between two chunks, or at the end of the stream. */
  async save(): Promise<void> {
    const characters = this.#before + this.#offsets
    if (characters === this.#saved) return
    this.#saved = characters
    const safe = await this.#checkpoints.write(characters, async (options) => {
      const [bytes, written] = await Promise.all([save(this.model, { ...this.#whatElse, ...options }), this.#options.written()])
      return written ? bytes : undefined
    })
    // tried again at the next time
    if (!safe && this.#saved === characters) this.#saved = -1
  }

  /** Whether the last checkpoint could not be written */
  get failing(): boolean {
    return this.#checkpoints.failure !== undefined
  }

  /** Waits until everything is safe, and unlocks the folder */
  async close(): Promise<void> {
    clearInterval(this.#timer)
    this.#closed = true
    await this.#checkpoints.close()
  }

  /** Not urgent: the memory is made ready first, so that the stream does not wait for that */
  async #saveInTime(): Promise<void> {
    await this.#checkpoints.prepare(() => prepare(this.model, this.#whatElse))
    if (!this.#closed) await this.save()
  }

  get #whatElse(): SavingOptions {
    return {
      notes: new Map([[SOURCES, JSON.stringify(this.sources.map(({ path, position }) => ({ path, position })))]]),
      also: (archive: Saver) => {
        for (const part of this.#options.kept) part.transfer(archive)
        this.sources.forEach((source, i) => source.save(prefixed(archive, prefixOf(i))))
      },
    }
  }
}

/** A model that was saved, for whoever does not continue with its streams. Rejects with a readable message. */
export async function loadLearned(folder: string, flags: GivenOptions, options: Pick<WatchStateOptions, 'kept' | 'note'>): Promise<Model> {
  const found = await newest(folder, flags, options)
  if (found === undefined) throw new Error(`there is no checkpoint in ${folder}`)
  options.note(`rxrnn: uses ${found.path}`)
  return found.value.model
}

/** The newest valid checkpoint, if there is one; its parts beside model and streams are loaded. Rejects with a readable message. */
async function newest(folder: string, flags: GivenOptions, options: Pick<WatchStateOptions, 'kept' | 'note'>): Promise<FoundCheckpoint | undefined> {
  const found = await newestCheckpoint(folder, noter(options))
  if (found === undefined) return undefined
  assertSameOptions(flags, found.value.model, folder)
  for (const part of options.kept) part.transfer(found.value.archive)
  return found
}

function noter({ note }: Pick<WatchStateOptions, 'note'>): (text: string) => void {
  return (text) => note(`rxrnn: ${text}`)
}

/** The streams to continue with; says which are left behind */
function sourceStates(
  { paths, note }: WatchStateOptions,
  model: Model,
  archive: Loaded['archive'] | undefined,
  notes: Loaded['notes'] | undefined,
): readonly SourceState[] {
  const saved = savedSources(notes?.get(SOURCES))
  // a file that was moved is the same source
  const indexOf = (path: string) => (paths.length === 1 && saved.length === 1 ? 0 : saved.findIndex((source) => source.path === path))
  const indexes = paths.map(indexOf)
  for (const [i, { path }] of saved.entries()) if (!indexes.includes(i)) note(`rxrnn: ${path} is not followed any more; its place is forgotten`)
  return paths.map((path, i) => {
    const index = indexes[i]!
    if (archive === undefined || index === -1) return new SourceState(path, model)
    return new SourceState(path, model, { archive: prefixed(archive, prefixOf(index)), position: saved[index]!.position })
  })
}

/** The names of the first stream are those of a checkpoint with one */
function prefixOf(index: number): string {
  return index === 0 ? '' : `source.${index}.`
}

/** Options that are given must be those that were saved: to learn on with others would be another run */
function assertSameOptions(flags: GivenOptions, { options }: Model, folder: string): void {
  const asked = new Map<string, unknown>(Object.entries(flags.preset === undefined ? flags : modelOptions(flags)))
  for (const [name, saved] of Object.entries(options)) {
    if (!asked.has(name) || asked.get(name) === saved) continue
    const value = String(asked.get(name))
    throw new OptionError(name, `${name} is ${value}, but ${String(saved)} in the checkpoint; omit it, or save elsewhere than in ${folder}`)
  }
}
