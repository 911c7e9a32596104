import { type Broker, EVENTS } from './broker.ts'
import { AgainError, isWrongSequence, persist } from './persist.ts'
import { eventSubject } from './subjects.ts'

/** Which text an event is about: the position of the source after it */
const POSITION = 'Rxrnn-Position'
/** Messages that may wait for an answer */
const MOST_UNDERWAY = 256

/** What is stored of a key's events: the last one's sequence, and the position of its text */
interface Stored {
  readonly sequence: number
  readonly position: number
}

/**
 * The events of keys, each stored once. What events a text gives is settled by the texts of its key, so it does not matter who publishes them: what is stored
 * already, by this owner or by another one, is passed over, and the server refuses what would not follow the event that was known to be the last.
 */
export class EventLog {
  readonly #broker: Broker
  readonly #isWanted: () => boolean
  readonly #keys = new Map<string, { stored: Stored | undefined; last: Promise<void> }>()
  #underway = 0
  #waiting: (() => void)[] = []
  #failure: unknown

  /** Tries again while the server is away, as long as it is wanted */
  constructor(broker: Broker, isWanted: () => boolean) {
    this.#broker = broker
    this.#isWanted = isWanted
  }

  /** Undefined while few events are under way; else a promise that resolves when that is so again */
  ready(): Promise<void> | undefined {
    if (this.#underway < MOST_UNDERWAY) return undefined
    return new Promise((resolve) => {
      this.#waiting.push(resolve)
    })
  }

  /** Publishes what a text gave, in the order of its key */
  publish(key: string, position: number, data: string): void {
    const log = this.#keys.get(key) ?? { stored: undefined, last: Promise.resolve() }
    this.#keys.set(key, log)
    this.#underway += 1
    log.last = this.#follow(log.last, () => this.#store(key, log, position, data))
  }

  /** Resolves when everything that was published before is stored. Errors with what could not be. */
  async stored(): Promise<void> {
    await Promise.all(Array.from(this.#keys.values(), ({ last }) => last))
    if (this.#failure !== undefined) throw this.#failure
  }

  async #follow(before: Promise<void>, store: () => Promise<void>): Promise<void> {
    await before
    try {
      await store()
    } catch (error) {
      this.#failure ??= error
    }
    this.#done()
  }

  #done(): void {
    this.#underway -= 1
    if (this.#underway < MOST_UNDERWAY) for (const resolve of this.#waiting.splice(0)) resolve()
  }

  async #store(key: string, log: { stored: Stored | undefined }, position: number, data: string): Promise<void> {
    const subject = eventSubject(key)
    await persist(
      async () => {
        log.stored ??= await this.#lastOf(subject)
        if (log.stored.position >= position) return
        const { sequence } = log.stored
        // until an answer comes nothing is known
        log.stored = undefined
        log.stored = { sequence: await this.#append(subject, position, data, sequence), position }
      },
      this.#isWanted,
      this.#broker.clock,
    )
  }

  /** Errors with one that is tried again when another event came first */
  async #append(subject: string, position: number, data: string, expected: number): Promise<number> {
    try {
      return await this.#broker.publish(subject, data, { expected, headers: { [POSITION]: String(position) } })
    } catch (error) {
      throw isWrongSequence(error) ? new AgainError('another event was stored first', { cause: error }) : error
    }
  }

  async #lastOf(subject: string): Promise<Stored> {
    const last = await this.#broker.last(EVENTS, subject)
    return { sequence: last?.sequence ?? 0, position: Number(last?.header(POSITION) ?? 0) }
  }
}
