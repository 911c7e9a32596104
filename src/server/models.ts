import { existsSync } from 'node:fs'
import { rm, rmdir } from 'node:fs/promises'
import { join } from 'node:path'
import { Serial } from '../async.ts'
import { Checkpoints } from '../storage/checkpoint-folder.ts'
import { messageOf } from '../text/message-of.ts'
import type { Figures, FromLearner, LearnerSettings, LogEntry, Removal } from './messages.ts'
import { SharedModel } from './shared.ts'

/** The shared models that are in use, each in a folder of its own: loaded by the first connection, saved and given up after the last */
export class Models {
  readonly #settings: LearnerSettings
  readonly #figures: Figures
  readonly #post: (message: FromLearner) => void
  readonly #saves = new Serial()
  /** What is done with models: of each name in order */
  readonly #serial = new Serial()
  readonly #models = new Map<string, SharedModel>()

  constructor(settings: LearnerSettings, figures: Figures, post: (message: FromLearner) => void) {
    this.#settings = settings
    this.#figures = figures
    this.#post = post
  }

  /** Joins the users of a model. Rejects with a message that is for the log only. */
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

  /** Removes a model and its checkpoints, unless somebody uses it */
  remove(name: string): Promise<Removal> {
    return this.#serial.run(async () => {
      if (this.#models.has(name)) return 'in-use'
      try {
        await this.#removeFolder(name)
        this.#post({ kind: 'known', name, there: false })
        this.#log('info', 'removed', name, 'a model was removed')
        return 'removed'
      } catch (error) {
        this.#log('error', 'removal-failed', name, 'a model could not be removed', messageOf(error))
        return 'failed'
      }
    }, name)
  }

  /** Saves all and gives them up. Resolves with whether all are saved. */
  async close(): Promise<boolean> {
    await this.#serial.idle()
    const saved = await Promise.all(Array.from(this.#models.keys(), (name) => this.#serial.run(() => this.#giveUp(name), name)))
    return saved.every(Boolean)
  }

  async #load(name: string): Promise<SharedModel> {
    const note = (message: string) => this.#log('warn', 'checkpoint', name, message)
    const surroundings = { settings: this.#settings, figures: this.#figures, saves: this.#saves, note }
    try {
      const shared = await SharedModel.open(this.#folderOf(name), surroundings)
      this.#models.set(name, shared)
      this.#figures.models += 1
      this.#post({ kind: 'known', name, there: true })
      return shared
    } catch (error) {
      // nobody should be kept from making another one by the name of one that could not be made
      if (!existsSync(this.#folderOf(name))) this.#post({ kind: 'known', name, there: false })
      throw error
    }
  }

  /** What cannot be saved is gone, and its folder free again. Resolves with whether all of it is saved. */
  async #giveUp(name: string): Promise<boolean> {
    const shared = this.#models.get(name)
    if (shared === undefined) return true
    this.#models.delete(name)
    this.#figures.models -= 1
    try {
      await shared.close()
    } catch (error) {
      this.#log('error', 'checkpoint', name, 'the folder of a model could not be unlocked', messageOf(error))
    }
    const { unsaved, failure } = shared
    if (unsaved !== undefined) this.#log('error', 'unsaved', name, `not saved: ${unsaved}`, failure)
    if (shared.characters === 0 && (await this.#isRemovedIfEmpty(name))) this.#post({ kind: 'known', name, there: false })
    return unsaved === undefined
  }

  async #removeFolder(name: string): Promise<void> {
    const folder = this.#folderOf(name)
    // another process may have it
    const checkpoints = await Checkpoints.open(folder, () => {})
    try {
      await rm(folder, { recursive: true, force: true })
    } finally {
      await checkpoints.close()
    }
  }

  async #isRemovedIfEmpty(name: string): Promise<boolean> {
    try {
      await rmdir(this.#folderOf(name))
      return true
    } catch {
      return false
    }
  }

  #folderOf(name: string): string {
    return join(this.#settings.models!, name)
  }

  #log(level: LogEntry['level'], event: string, model: string, message: string, reason?: string): void {
    this.#post({ kind: 'log', entry: { level, event, model, message, ...(reason !== undefined && { reason }) } })
  }
}
