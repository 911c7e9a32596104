import * as v from 'valibot'
import type { Serial } from '../async.ts'
import { NAME } from '../../streams/websocket/protocol.ts'
import type { LearnerEvent, PredictionEvent, StatsEvent } from '../alerts/events.ts'
import type { TraceEvent } from '../inspect/trace.ts'
import { type Loader, prefixed, type Saver } from '../checkpoint/archives.ts'
import { save } from '../checkpoint/checkpoint.ts'
import { createModel } from '../network/create.ts'
import type { Model } from '../network/model.ts'
import { Checkpoints, newestCheckpoint } from '../storage/checkpoint-folder.ts'
import { Refusal } from './refusal.ts'
import type { Figures, LearnerSettings } from './messages.ts'
import { type Feeder, Producer, type SavedProducer } from './producer.ts'

/** Told of everything that the streams of a model say */
export interface Watcher {
  watched(event: LearnerEvent, stream: string): void
  expected(prediction: () => PredictionEvent, stream: string): void
  /** Whether it wants to see how the streams are learned */
  readonly traces: boolean
  traced(trace: TraceEvent, stats: () => StatsEvent, stream: string): void
}

const PRODUCERS = 'producers'
const savedProducers = v.array(
  v.strictObject({ id: v.pipe(v.string(), v.regex(NAME)), position: v.pipe(v.number(), v.safeInteger(), v.minValue(1)) }),
)

/** What the shared models of a thread have in common */
export interface ModelContext {
  readonly settings: LearnerSettings
  readonly figures: Figures
  /** Models are saved one after the other, so that they do not need the memory for it all at once */
  readonly saves: Serial
  readonly note: (text: string) => void
}

interface Saved {
  readonly producers: readonly SavedProducer[]
  readonly archive: Loader
}

/** A model that several connections learn with, and the streams of its producers: saved together, so that neither is ahead of the other */
export class SharedModel {
  readonly model: Model
  readonly watchers: Set<Watcher> = new Set()
  /** Characters that were learned since the model began (bytes of binary frames) */
  characters = 0
  /** Connections that use it */
  members = 0
  readonly #checkpoints: Checkpoints
  readonly #surroundings: ModelContext
  readonly #timer: ReturnType<typeof setInterval>
  /** The one that was used last comes last */
  readonly #producers = new Map<string, Producer>()
  #saved: number
  #saving: Promise<void> | undefined

  /** Locks the folder and resumes from its newest valid checkpoint, or starts anew. Rejects with a readable message. */
  static async open(folder: string, surroundings: ModelContext): Promise<SharedModel> {
    const checkpoints = await Checkpoints.open(folder, surroundings.note)
    try {
      const found = await newestCheckpoint(folder, surroundings.note)
      if (found === undefined) return new SharedModel(checkpoints, createModel(surroundings.settings.model), surroundings)
      const { model, archive, notes } = found.value
      const producers = v.parse(savedProducers, JSON.parse(notes.get(PRODUCERS) ?? '[]'))
      return new SharedModel(checkpoints, model, surroundings, { producers, archive })
    } catch (error) {
      await checkpoints.close()
      throw error
    }
  }

  private constructor(checkpoints: Checkpoints, model: Model, surroundings: ModelContext, saved?: Saved) {
    this.model = model
    this.#checkpoints = checkpoints
    this.#surroundings = surroundings
    if (saved !== undefined) this.#restore(saved)
    this.#saved = this.characters
    this.#timer = setInterval(() => void this.save(), surroundings.settings.checkpointEvery * 1000)
  }

  /** The stream of a producer, for a connection that feeds it from now on. Throws Refusal. */
  producer(id: string, feeder: Feeder): Producer {
    const producer = this.#producers.get(id) ?? this.#start(id)
    this.#producers.delete(id)
    this.#producers.set(id, producer)
    producer.feeder?.replaced()
    producer.feeder = feeder
    return producer
  }

  /** Saves what was learned since the last time, if anything, and acknowledges it */
  save(): Promise<void> {
    this.#saving ??= this.#surroundings.saves.run(() => this.#save()).finally(() => (this.#saving = undefined))
    return this.#saving
  }

  /** Saves what is left, unlocks the folder and gives the memory back */
  async close(): Promise<void> {
    clearInterval(this.#timer)
    // one may be under way that does not cover everything
    await this.#saving
    await this.save()
    await this.#checkpoints.close()
    for (const producer of this.#producers.values()) producer.free()
    this.model.dispose()
  }

  async #save(): Promise<void> {
    const number = this.characters
    if (number === this.#saved) return
    const producers = [...this.#producers.values()].filter(({ begun }) => begun).map((producer) => ({ producer, position: producer.position }))
    const notes = new Map([[PRODUCERS, JSON.stringify(producers.map(({ producer: { id }, position }) => ({ id, position })))]])
    const safe = await this.#checkpoints.write(number, (options) =>
      save(this.model, {
        ...options,
        notes,
        also: (archive: Saver) => {
          archive.integer('shared.characters', number)
          for (const [i, { producer }] of producers.entries()) producer.save(archive, prefixOf(i))
        },
      }),
    )
    this.#surroundings.figures[safe ? 'checkpoints' : 'failedCheckpoints'] += 1
    if (!safe) return
    this.#saved = number
    for (const { producer, position } of producers) producer.acknowledge(position)
  }

  #restore({ producers, archive }: Saved): void {
    this.characters = archive.integer('shared.characters', 0, 0, Number.MAX_SAFE_INTEGER)
    for (const [i, saved] of producers.slice(0, this.#surroundings.settings.maxProducers).entries()) {
      this.#producers.set(saved.id, new Producer(this.model, saved, prefixed(archive, prefixOf(i))))
    }
  }

  #start(id: string): Producer {
    if (this.#producers.size >= this.#surroundings.settings.maxProducers) this.#forgetOldest()
    return new Producer(this.model, { id, position: 0 })
  }

  #forgetOldest(): void {
    const oldest = [...this.#producers.values()].find(({ feeder }) => feeder === undefined)
    if (oldest === undefined) throw new Refusal('too-many-producers', `this model has ${this.#producers.size} producers, all of them connected`)
    this.#producers.delete(oldest.id)
    oldest.free()
  }
}

function prefixOf(index: number): string {
  return `${PRODUCERS}.${index}.`
}
