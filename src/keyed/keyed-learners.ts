import { Gate } from '../async.ts'
import { OptionError } from '../text/option-error.ts'
import { Backlog } from './backlog.ts'
import { after } from './eventually.ts'
import type { KeyedLearner, KeyedStore, KeyedText, LearnFor, SourcePosition } from './keyed-learner.ts'

export interface ResidencyOptions {
  /** Where learners are that are not in memory; their checkpoints are kept in memory unless given */
  readonly store?: KeyedStore
  /** How many learners may be in memory, those on their way in or out included. Default 100. */
  readonly resident?: number
  /** What holds texts whose learner is on its way: a source that pulls waits for its `ready`. One of its own unless given. */
  readonly backlog?: Backlog
  /** Told when a key's checkpoint is safe, and when one was restored: texts up to that position need not come again. `resident` says whether the learner stays. */
  readonly saved?: ((key: string, position: SourcePosition | undefined, resident: boolean) => void) | undefined
}

export interface Listener<Out> {
  /** Each output of a text */
  output(key: string, output: Out): void
  /** After its last output; also for a text that was skipped */
  learned?(text: KeyedText): void
  /** Work beside the stream failed: a learner was not restored, or not saved */
  failed(error: unknown): void
}

export const DEFAULT_RESIDENT = 100

/**
 * A learner a key, of which a bounded number is in memory: the ones that were used least recently are saved, and restored when their key speaks again.
 * The numbers of a key are those of its text alone, however keys are interleaved. It is synchronous while the learner is in memory and the store is.
 * `keyed` is the same as an operator.
 */
export class KeyedLearners<Out> {
  readonly #learnFor: LearnFor<Out>
  readonly #store: KeyedStore
  readonly #places: number
  readonly #backlog: Backlog
  readonly #saved: ResidencyOptions['saved']
  readonly #listener: Listener<Out>
  /** In memory and free to be used, the one that was used least recently first */
  readonly #resident = new Map<string, KeyedLearner<Out>>()
  /** Of those, the keys that learned something since they were saved */
  readonly #changed = new Set<string>()
  /** Keys on their way in, with the texts that wait for them */
  readonly #arriving = new Map<string, KeyedText[]>()
  /** Keys on their way out */
  readonly #leaving = new Map<string, Promise<void>>()
  /** The save in progress of each key */
  readonly #saving = new Map<string, Promise<void>>()
  /** Arrivals without a place */
  readonly #queue: (() => void)[] = []
  readonly #settled = new Gate(() => this.#arriving.size === 0)
  #taken = 0
  #disposed = false

  /** Throws OptionError */
  constructor(
    learnFor: LearnFor<Out>,
    { store = inMemory(), resident = DEFAULT_RESIDENT, backlog = new Backlog(), saved }: ResidencyOptions,
    listener: Listener<Out>,
  ) {
    assertResident(resident)
    this.#learnFor = learnFor
    this.#store = store
    this.#places = resident
    this.#backlog = backlog
    this.#saved = saved
    this.#listener = listener
  }

  /** Learners in memory, those on their way in or out included */
  get size(): number {
    return this.#taken
  }

  /** Learns a text at once, or when its learner is there: in order of each key. Throws BacklogError. */
  learn(text: KeyedText): void {
    const { key } = text
    const learner = this.#resident.get(key)
    if (learner !== undefined) {
      this.#resident.delete(key)
      this.#resident.set(key, learner)
      return this.#read(learner, text)
    }
    this.#backlog.add(text.text.length)
    const waiting = this.#arriving.get(key)
    if (waiting !== undefined) {
      waiting.push(text)
      return undefined
    }
    this.#arriving.set(key, [text])
    return this.#beside(after(this.#leaving.get(key), () => this.#admit(key)))
  }

  /** Resolves when everything that was learned before is safe; the learners stay. Rejects with what the store or a learner failed with. */
  save(): void | Promise<void> {
    return after(this.#saveEach([...this.#changed]), () => (this.#saving.size === 0 ? undefined : all(this.#saving.values())))
  }

  /** Resolves when no text waits for its learner */
  settled(): void | Promise<void> {
    return this.#settled.ready()
  }

  /** Learns what waits, saves all and frees the memory */
  close(): void | Promise<void> {
    return after(this.settled(), () => after(this.save(), () => this.dispose()))
  }

  /** Frees the memory at once; what was not saved is lost */
  dispose(): void {
    this.#disposed = true
    for (const learner of this.#resident.values()) learner.dispose()
    for (const text of [...this.#arriving.values()].flat()) this.#backlog.remove(text.text.length)
    this.#resident.clear()
    this.#changed.clear()
    this.#arriving.clear()
  }

  #admit(key: string): void | Promise<void> {
    return after(this.#place(), () =>
      after(this.#store.load(key), (saved) => after(this.#learnFor(key, saved), (learner) => this.#welcome(key, learner, saved !== undefined))),
    )
  }

  #welcome(key: string, learner: KeyedLearner<Out>, wasSaved: boolean): void {
    if (this.#disposed) return learner.dispose()
    if (wasSaved) this.#saved?.(key, learner.position, true)
    // more may come while these are handed on
    for (const text of this.#arriving.get(key) ?? []) {
      this.#backlog.remove(text.text.length)
      this.#read(learner, text)
    }
    this.#arriving.delete(key)
    this.#resident.set(key, learner)
    this.#settled.check()
    this.#makeRoom(this.#queue.length)
  }

  #read(learner: KeyedLearner<Out>, text: KeyedText): void {
    const { key, position } = text
    if (position === undefined || !covers(learner.position, position)) {
      this.#changed.add(key)
      for (const output of learner.learn(text.text)) this.#listener.output(key, output)
      learner.position = position
    }
    this.#listener.learned?.(text)
  }

  /** Takes a place, when there is one */
  #place(): void | Promise<void> {
    if (this.#taken === this.#places) this.#makeRoom(this.#queue.length + 1)
    if (this.#taken < this.#places) {
      this.#taken += 1
      return undefined
    }
    return new Promise((resolve) => {
      this.#queue.push(resolve)
    })
  }

  /** Sends learners away until so many places are on their way to be free */
  #makeRoom(wanted: number): void {
    for (const [key, learner] of this.#resident) {
      if (this.#leaving.size + this.#places - this.#taken >= wanted) return
      this.#evict(key, learner)
    }
  }

  #evict(key: string, learner: KeyedLearner<Out>): void {
    const saved = this.#save(key, learner, false)
    this.#resident.delete(key)
    const leave = () => {
      this.#leaving.delete(key)
      learner.dispose()
      const next = this.#queue.shift()
      if (next === undefined) this.#taken -= 1
      else next()
    }
    if (saved === undefined) return leave()
    const left = saved.then(leave)
    this.#leaving.set(key, left)
    this.#beside(left)
  }

  #saveEach([key, ...rest]: readonly string[]): void | Promise<void> {
    if (key === undefined) return undefined
    const learner = this.#resident.get(key)
    return after(learner && this.#save(key, learner, true), () => this.#saveEach(rest))
  }

  /** Saves what changed, after what is being saved of the same key; undefined when that is done */
  #save(key: string, learner: KeyedLearner<Out>, resident: boolean): Promise<void> | undefined {
    const before = this.#saving.get(key)
    if (!this.#changed.delete(key)) return before
    const { position } = learner
    const saved = after(learner.save(), (bytes) =>
      after(before, () => after(this.#store.save(key, bytes), () => this.#saved?.(key, position, resident))),
    )
    if (!(saved instanceof Promise)) return undefined
    const tracked = saved.finally(() => {
      if (this.#saving.get(key) === tracked) this.#saving.delete(key)
    })
    this.#saving.set(key, tracked)
    return tracked
  }

  /** Reports failures of work beside the stream to the listener */
  #beside(work: void | Promise<void>): void {
    if (work instanceof Promise) work.catch((error: unknown) => this.#listener.failed(error))
  }
}

function inMemory(): KeyedStore {
  const saved = new Map<string, Uint8Array>()
  return { load: (key) => saved.get(key), save: (key, bytes) => void saved.set(key, bytes) }
}

/** Throws OptionError */
export function assertResident(resident: number): void {
  if (!(Number.isSafeInteger(resident) && resident >= 1))
    throw new OptionError('resident', `resident is ${resident}, but it must be a whole number from 1`)
}

async function all(work: Iterable<Promise<void>>): Promise<void> {
  await Promise.all(work)
}

function covers(learned: SourcePosition | undefined, { source, at }: SourcePosition): boolean {
  return learned?.source === source && learned.at >= at
}
