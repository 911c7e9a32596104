import { join } from 'node:path'
import { Lane } from './lane.ts'
import type { Figures, LearnerSettings } from './messages.ts'
import { SharedModel } from './shared.ts'

/** The shared models that are in use, each in a folder of its own: loaded by the first connection, saved and given up after the last */
export class Models {
  readonly #settings: LearnerSettings
  readonly #figures: Figures
  readonly #note: (text: string) => void
  readonly #lane = new Lane()
  /** In use, being loaded or being given up: work on one name is done in order */
  readonly #entries = new Map<string, Promise<SharedModel | undefined>>()

  constructor(settings: LearnerSettings, figures: Figures, note: (text: string) => void) {
    this.#settings = settings
    this.#figures = figures
    this.#note = note
  }

  /** Joins the users of a model. Errors in words. */
  join(name: string): Promise<SharedModel> {
    return this.#next(name, async (shared) => {
      const joined = shared ?? (await this.#load(name))
      joined.members += 1
      return joined
    })
  }

  leave(name: string): Promise<unknown> {
    return this.#next(name, async (shared) => {
      if (shared === undefined) return undefined
      shared.members -= 1
      return shared.members > 0 ? shared : this.#giveUp(shared)
    })
  }

  /** Saves all and gives them up */
  async close(): Promise<void> {
    await Promise.all(Array.from(this.#entries.keys(), (name) => this.#next(name, (shared) => this.#giveUp(shared))))
  }

  async #load(name: string): Promise<SharedModel> {
    const note = (text: string) => this.#note(`${name}: ${text}`)
    const surroundings = { settings: this.#settings, figures: this.#figures, lane: this.#lane, note }
    const shared = await SharedModel.open(join(this.#settings.models!, name), surroundings)
    this.#figures.models += 1
    return shared
  }

  async #giveUp(shared: SharedModel | undefined): Promise<undefined> {
    if (shared === undefined) return
    await shared.close()
    this.#figures.models -= 1
  }

  /** Works on a name once the work before is done; what comes of it is what the next work finds */
  #next<T extends SharedModel | undefined>(name: string, work: (shared: SharedModel | undefined) => Promise<T>): Promise<T> {
    const result = (this.#entries.get(name) ?? Promise.resolve(undefined)).then(work)
    const entry = result.catch(() => undefined)
    this.#entries.set(name, entry)
    void this.#forget(name, entry)
    return result
  }

  /** Nothing is kept of a model that is not in use */
  async #forget(name: string, entry: Promise<SharedModel | undefined>): Promise<void> {
    if ((await entry) === undefined && this.#entries.get(name) === entry) this.#entries.delete(name)
  }
}
