import { randomUUID } from 'node:crypto'
import { type BrokerOptions, NatsBroker } from '../../streams/nats/jetstream.ts'
import { LineLearner, type LineLearnerOptions } from '../keyed/line-learner.ts'
import { OptionError } from '../text/option-error.ts'
import { Worker, type WorkerSettings } from './worker.ts'

export interface WorkerOptions extends Pick<LineLearnerOptions, 'model' | 'alertRate'> {
  /** Such as nats://127.0.0.1:4222 */
  readonly url: string
  /** Its name among the workers; a new one unless given */
  readonly name?: string
  /** Into how many parts the keys are divided, the same for all workers and forever. Default 16. */
  readonly partitions?: number
  /** Learners in memory for each partition that it owns. Default 25. */
  readonly resident?: number
  /** Seconds without a sign of life after which others take over; the same for all workers. Default 1.5. */
  readonly lease?: number
  /** Seconds between two checkpoints of a partition: what was learned since is learned again after a crash. Default 30. */
  readonly checkpointEvery?: number
  /** Days that texts and events are kept, where this worker makes the streams. Default 7. */
  readonly retention?: number
  readonly note?: (text: string) => void
}

const RULES = [
  ['partitions', 1, 4096],
  ['resident', 1, 1e6],
  ['lease', 0.1, 3600],
  ['checkpointEvery', 0.01, 86_400],
  ['retention', 0.001, 36_500],
] as const

/**
 * Learns texts of NATS JetStream together with other workers. Each partition of the keys has one owner at a time; a text counts as learned when a checkpoint
 * covers it, and a worker that takes over resumes from there. `run` continues until `stop`; it errors when something cannot be mended by waiting.
 *
 *     const worker = new NatsWorker({ url: 'nats://127.0.0.1:4222' })
 *     process.once('SIGTERM', () => worker.stop())
 *     await worker.run()
 */
export class NatsWorker {
  readonly name: string
  readonly #where: BrokerOptions
  readonly #settings: WorkerSettings
  #worker: Worker | undefined
  #isStopped = false

  /** Throws OptionError */
  constructor(options: WorkerOptions) {
    const { url, retention, model, alertRate, ...given } = options
    const name = options.name ?? `worker-${randomUUID().slice(0, 8)}`
    const settings = { partitions: 16, resident: 25, lease: 1.5, checkpointEvery: 30, retention, note: () => {}, ...given, name }
    for (const [option, min, max] of RULES) assertRange(option, settings[option] ?? min, min, max)
    const learner = { model, ...(alertRate !== undefined && { alertRate }) }
    this.name = name
    this.#where = { url, forget: Math.max(1, 10 * settings.lease), ...(retention !== undefined && { retention }) }
    this.#settings = { ...settings, learnFor: (_, saved) => LineLearner.open(learner, saved) }
  }

  /** The partitions that it owns */
  get partitions(): readonly number[] {
    return this.#worker?.partitions ?? []
  }

  /** Works until it is stopped; then everything is safe and given back. Rejects with BrokerError, or with a readable message. */
  async run(): Promise<void> {
    this.#worker = new Worker(await NatsBroker.connect(this.#where), this.#settings)
    if (this.#isStopped) this.#worker.stop()
    await this.#worker.run()
  }

  /** Lets `run` come to its end */
  stop(): void {
    this.#isStopped = true
    this.#worker?.stop()
  }
}

function assertRange(name: string, value: number, min: number, max: number): void {
  const whole = name === 'partitions' || name === 'resident'
  if (value >= min && value <= max && (!whole || Number.isInteger(value))) return
  throw new OptionError(name, `${name} is ${value}, but it must be a ${whole ? 'whole ' : ''}number from ${min} to ${max}`)
}
