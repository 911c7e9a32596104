import * as v from 'valibot'
import type { Serial } from '../async.ts'
import { NAME } from '../../streams/websocket/protocol.ts'
import type { LearnerEvent, PredictionEvent, StatsEvent } from '../alerts/events.ts'
import type { TraceEvent } from '../inspect/trace.ts'
import { type Loader, prefixed, type Saver } from '../checkpoint/archives.ts'
import { save } from '../checkpoint/checkpoint.ts'
import { counted } from '../text/counted.ts'
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
  /** The streams that have begun, by name */
  readonly #producers = new Map<string, Producer>()
  /** The connections that feed them, or may begin one */
  readonly #feeders = new Map<string, Feeder>()
  #saved: number
  #saving: Promise<void> | undefined
  /** Whether there are verdicts that no checkpoint covers */
  #judged = false

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

  /**
   * A connection feeds the stream of that name from now on, and no other does. Returns the stream; undefined when there is none yet: it takes its place when it
   * learns. Throws Refusal where there is none and no room for one.
   */
  connect(id: string, feeder: Feeder): Producer | undefined {
    const producer = this.#producers.get(id)
    if (producer === undefined) this.#placeFor()
    this.#feeders.get(id)?.replaced()
    this.#feeders.set(id, feeder)
    if (producer !== undefined) producer.feeder = feeder
    return producer
  }

  /** Starts the stream of a connection. Throws Refusal. */
  start(id: string, feeder: Feeder): Producer {
    const forgotten = this.#placeFor()
    if (forgotten !== undefined) {
      this.#producers.delete(forgotten.id)
      forgotten.free()
    }
    const producer = new Producer(this.model, { id, position: 0 })
    producer.feeder = feeder
    this.#producers.set(id, producer)
    return producer
  }

  /** A connection feeds its stream no more */
  disconnect(id: string, feeder: Feeder): void {
    if (this.#feeders.get(id) !== feeder) return
    this.#feeders.delete(id)
    const producer = this.#producers.get(id)
    if (producer !== undefined) producer.feeder = undefined
  }

  /** A verdict was given, which is to be saved, too */
  judged(): void {
    this.#judged = true
  }

  /** What no checkpoint covers, for people; undefined when all is saved */
  get unsaved(): string | undefined {
    const characters = this.characters - this.#saved
    if (characters > 0) return `${counted(characters, 'character')} learned since the last checkpoint`
    return this.#judged ? 'verdicts given since the last checkpoint' : undefined
  }

  /** Why the last checkpoint could not be written, if so */
  get failure(): string | undefined {
    return this.#checkpoints.failure
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
    if (this.failure !== undefined) this.#surroundings.figures.failing -= 1
    for (const producer of this.#producers.values()) producer.free()
    this.model.dispose()
    await this.#checkpoints.close()
  }

  async #save(): Promise<void> {
    const number = this.characters
    if (number === this.#saved && !this.#judged) return
    this.#judged = false
    // the one that was silent longest comes first
    const begun = [...this.#producers.values()].filter((producer) => producer.begun).sort((one, other) => other.silence - one.silence)
    const producers = begun.map((producer) => ({ producer, position: producer.position }))
    const failed = this.failure !== undefined
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
    const { figures } = this.#surroundings
    figures[safe ? 'checkpoints' : 'failedCheckpoints'] += 1
    figures.failing += Number(this.failure !== undefined) - Number(failed)
    if (!safe) {
      this.#judged = true
      return
    }
    this.#saved = number
    for (const { producer, position } of producers) producer.acknowledge(position)
  }

  #restore({ producers, archive }: Saved): void {
    this.characters = archive.integer('shared.characters', 0, 0, Number.MAX_SAFE_INTEGER)
    for (const [i, saved] of [...producers.entries()].slice(-this.#surroundings.settings.maxProducers)) {
      this.#producers.set(saved.id, new Producer(this.model, saved, prefixed(archive, prefixOf(i))))
    }
  }

  /** The producer whose place another one can have: the one that was silent longest, long enough and without a connection. Undefined when there is room. Throws Refusal. */
  #placeFor(): Producer | undefined {
    const { maxProducers, keepProducers } = this.#surroundings.settings
    if (this.#producers.size < maxProducers) return undefined
    const silent = [...this.#producers.values()].filter(({ feeder, silence }) => feeder === undefined && silence >= keepProducers * 1000)
    if (silent.length === 0) {
      throw new Refusal(
        'too-many-producers',
        `this model has ${this.#producers.size} producers, each of them connected or silent for less than ${keepProducers} seconds`,
      )
    }
    return silent.reduce((longest, producer) => (producer.silence > longest.silence ? producer : longest))
  }
}

function prefixOf(index: number): string {
  return `${PRODUCERS}.${index}.`
}
