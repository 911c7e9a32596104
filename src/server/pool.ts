import { createHash } from 'node:crypto'
import { Worker } from 'node:worker_threads'
import { Thread } from '../pool/thread.ts'
import { type Channel, type Client, LearnerProxy } from './learner-proxy.ts'
import {
  FIGURES,
  type Figures,
  type FromLearner,
  type LearnerSettings,
  type LogEntry,
  type Opening,
  type Removal,
  type ToLearner,
  zeroCounters,
} from './messages.ts'

// what is garbage soon is collected soon: with V8's own limit of 48 MB the memory at the peak is 100 MB more
const YOUNG_MEGABYTES = 6

export interface PoolOptions {
  readonly workers: number
  readonly settings: LearnerSettings
  readonly log: (entry: LogEntry) => void
  /** A shared model is there now, or nothing is left of it */
  readonly known: (name: string, there: boolean) => void
  /** A thread has died, which nothing can be done about: what it knew is in the checkpoints */
  readonly died: (error: Error) => void
}

/** The threads of the learners. A shared model is at home in one of them, by its name; a private one goes where there are fewest. */
export class Pool {
  readonly #threads: readonly Learners[]
  #ids = 0

  constructor({ workers, ...options }: PoolOptions) {
    this.#threads = Array.from({ length: workers }, () => new Learners(options))
  }

  open(opening: Omit<Opening, 'id'>, client: Client): Channel {
    const thread = opening.name === undefined ? this.#leastLoaded() : this.#homeOf(opening.name)
    return thread.open({ ...opening, id: this.#ids++ }, client)
  }

  /** Removes a shared model and its checkpoints, unless it is in use */
  remove(name: string): Promise<Removal> {
    return this.#homeOf(name).remove(name)
  }

  /** The sums over all threads */
  figures(): Figures {
    const total = zeroCounters()
    for (const { figures } of this.#threads) {
      for (const name of FIGURES) total[name] += figures?.[name] ?? 0
    }
    return total
  }

  /** Lets all learn what has come, for so many milliseconds at the most, and save. Resolves with whether all shared models are saved. */
  async stop(patience: number): Promise<boolean> {
    const saved = await Promise.all(this.#threads.map((thread) => thread.stop(patience)))
    return saved.every(Boolean)
  }

  #homeOf(name: string): Learners {
    return this.#threads[hash(name) % this.#threads.length]!
  }

  #leastLoaded(): Learners {
    return this.#threads.reduce((least, thread) => (thread.load < least.load ? thread : least))
  }
}

/** The learners of one thread */
class Learners {
  figures: Figures | undefined
  readonly #thread: Thread<ToLearner, readonly FromLearner[]>
  readonly #links = new Map<number, LearnerProxy>()
  readonly #options: Omit<PoolOptions, 'workers'>
  readonly #removals = new Map<string, (removal: Removal) => void>()
  #stopped: (saved: boolean) => void = () => {}

  constructor(options: Omit<PoolOptions, 'workers'>) {
    const { settings, died } = options
    this.#options = options
    const resourceLimits = { maxYoungGenerationSizeMb: YOUNG_MEGABYTES }
    const worker = new Worker(new URL('./worker.js', import.meta.url), { workerData: settings, resourceLimits })
    this.#thread = new Thread(worker, {
      message: (messages) => {
        for (const message of messages) this.#receive(message)
      },
      died,
    })
  }

  get load(): number {
    return this.#links.size
  }

  open(opening: Opening, client: Client): Channel {
    const link = new LearnerProxy(opening.id, client, (message, transfer) => this.#thread.post(message, transfer))
    this.#links.set(opening.id, link)
    this.#thread.post({ kind: 'open', opening })
    return link
  }

  remove(name: string): Promise<Removal> {
    return new Promise((resolve) => {
      // one at a time: a second wish for the same name gets the first one's answer
      const first = this.#removals.get(name)
      this.#removals.set(name, (removal) => {
        first?.(removal)
        resolve(removal)
      })
      if (first === undefined) this.#thread.post({ kind: 'remove', name })
    })
  }

  async stop(patience: number): Promise<boolean> {
    const saved = await new Promise<boolean>((resolve) => {
      this.#stopped = resolve
      for (const link of this.#links.values()) link.give()
      this.#thread.post({ kind: 'stop', patience })
    })
    await this.#thread.end()
    return saved
  }

  #receive(message: FromLearner): void {
    switch (message.kind) {
      case 'event':
        return this.#links.get(message.id)?.event(message.json)
      case 'settled':
        return this.#links.get(message.id)?.settle(message.length)
      case 'close':
        return this.#links.get(message.id)?.close(message.code, message.reason)
      case 'done':
        this.#links.get(message.id)?.done()
        this.#links.delete(message.id)
        return
      case 'figures':
        this.figures = message.figures
        return
      case 'log':
        return this.#options.log(message.entry)
      case 'known':
        return this.#options.known(message.name, message.there)
      case 'removal':
        this.#removals.get(message.name)?.(message.removal)
        this.#removals.delete(message.name)
        return
      case 'stopped':
        this.#stopped(message.saved)
    }
  }
}

function hash(name: string): number {
  return createHash('sha256').update(name).digest().readUInt32BE()
}
