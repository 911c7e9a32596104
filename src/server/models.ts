import { join } from 'node:path'
import { Serial } from '../async.ts'
import type { Figures, LearnerSettings } from './messages.ts'
import { SharedModel } from './shared.ts'

/** The shared models that are in use, each in a folder of its own: loaded by the first connection, saved and given up after the last */
export class Models {
  readonly #settings: LearnerSettings
  readonly #figures: Figures
  readonly #note: (text: string) => void
  readonly #saves = new Serial()
  /** What is done with models: of each name in order */
  readonly #serial = new Serial()
  readonly #models = new Map<string, SharedModel>()

  constructor(settings: LearnerSettings, figures: Figures, note: (text: string) => void) {
    this.#settings = settings
    this.#figures = figures
    this.#note = note
  }

  /** Joins the users of a model. Rejects with a readable message. */
  join(name: string): Promise<SharedModel> {
    return this.#serial.run(async () => {
      const shared = this.#models.get(name) ?? (await this.#load(name))
      shared.members += 1
      return shared
    }, name)
  }

  leave(name: string): Promise<void> {
    return this.#serial.run(async () => {
      const shared = this.#models.get(name)
      if (shared === undefined) return
      shared.members -= 1
      if (shared.members === 0) await this.#giveUp(name)
    }, name)
  }

  /** Saves all and gives them up */
  async close(): Promise<void> {
    await this.#serial.idle()
    await Promise.all(Array.from(this.#models.keys(), (name) => this.#serial.run(() => this.#giveUp(name), name)))
  }

  async #load(name: string): Promise<SharedModel> {
    const note = (text: string) => this.#note(`${name}: ${text}`)
    const surroundings = { settings: this.#settings, figures: this.#figures, saves: this.#saves, note }
    const shared = await SharedModel.open(join(this.#settings.models!, name), surroundings)
    this.#models.set(name, shared)
    this.#figures.models += 1
    return shared
  }

  async #giveUp(name: string): Promise<void> {
    const shared = this.#models.get(name)
    if (shared === undefined) return
    this.#models.delete(name)
    await shared.close()
    this.#figures.models -= 1
  }
}
