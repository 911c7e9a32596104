import { createHash } from 'node:crypto'
import { Worker } from 'node:worker_threads'
import { Thread } from '../pool/thread.ts'
import { type Channel, type Client, LearnerProxy } from './learner-proxy.ts'
import { FIGURES, type Figures, type FromLearner, type LearnerSettings, zeroCounters, type Opening, type ToLearner } from './messages.ts'

// what is garbage soon is collected soon: with V8's own limit of 48 MB the memory at the peak is 100 MB more
const YOUNG_MEGABYTES = 6

export interface PoolOptions {
  readonly workers: number
  readonly settings: LearnerSettings
  readonly log: (level: 'info' | 'warn', message: string) => void
  /** A thread has died, which nothing can be done about: what it knew is in the checkpoints */
  readonly died: (error: Error) => void
}

/** The threads of the learners. A shared model is at home in one of them, by its name; a private one goes where there are fewest. */
export class Pool {
  readonly #threads: readonly Learners[]
  #ids = 0

  constructor({ workers, settings, log, died }: PoolOptions) {
    this.#threads = Array.from({ length: workers }, () => new Learners(settings, log, died))
  }

  open(opening: Omit<Opening, 'id'>, client: Client): Channel {
    const thread = opening.name === undefined ? this.#leastLoaded() : this.#threads[hash(opening.name) % this.#threads.length]!
    return thread.open({ ...opening, id: this.#ids++ }, client)
  }

  /** The sums over all threads */
  figures(): Figures {
    const total = zeroCounters()
    for (const { figures } of this.#threads) {
      for (const name of FIGURES) total[name] += figures?.[name] ?? 0
    }
    return total
  }

  /** Lets all learn what has come, for so many milliseconds at the most, and save */
  async stop(patience: number): Promise<void> {
    await Promise.all(this.#threads.map((thread) => thread.stop(patience)))
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
  readonly #log: PoolOptions['log']
  #stopped: () => void = () => {}

  constructor(settings: LearnerSettings, log: PoolOptions['log'], died: (error: Error) => void) {
    this.#log = log
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

  async stop(patience: number): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#stopped = resolve
      for (const link of this.#links.values()) link.give()
      this.#thread.post({ kind: 'stop', patience })
    })
    await this.#thread.end()
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
        this.#links.delete(message.id)
        return
      case 'figures':
        this.figures = message.figures
        return
      case 'log':
        return this.#log(message.level, message.message)
      case 'stopped':
        this.#stopped()
    }
  }
}

function hash(name: string): number {
  return createHash('sha256').update(name).digest().readUInt32BE()
}
