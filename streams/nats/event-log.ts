import { Gate, Serial } from '../../src/async.ts'
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
 * already, by this owner or by another one, is skipped, and the server refuses what would not follow the event that was known to be the last.
 */
export class EventLog {
  readonly #broker: Broker
  readonly #isWanted: () => boolean
  /** What is known to be stored of each subject */
  readonly #stored = new Map<string, Stored>()
  readonly #serial = new Serial()
  readonly #gate = new Gate(() => this.#underway < MOST_UNDERWAY)
  #underway = 0
  #failure: unknown

  /** Tries again while the server is away, as long as it is wanted */
  constructor(broker: Broker, isWanted: () => boolean) {
    this.#broker = broker
    this.#isWanted = isWanted
  }

  /** Undefined while few events are under way; else a promise that resolves when that is so again */
  ready(): Promise<void> | undefined {
    return this.#gate.ready()
  }

  /** Publishes what a text gave, in the order of its key */
  publish(key: string, position: number, data: string): void {
    this.#underway += 1
    void this.#serial.run(() => this.#tryToStore(key, position, data), key)
  }

  /** Resolves when everything that was published before is stored. Rejects with what could not be. */
  async stored(): Promise<void> {
    await this.#serial.idle()
    if (this.#failure !== undefined) throw this.#failure
  }

  async #tryToStore(key: string, position: number, data: string): Promise<void> {
    try {
      await persist(() => this.#store(eventSubject(key), position, data), this.#isWanted, this.#broker.clock)
    } catch (error) {
      this.#failure ??= error
    }
    this.#underway -= 1
    this.#gate.check()
  }

  async #store(subject: string, position: number, data: string): Promise<void> {
    const stored = this.#stored.get(subject) ?? (await this.#lastOf(subject))
    const isNew = stored.position < position
    // until an answer comes nothing is known
    this.#stored.delete(subject)
    this.#stored.set(subject, isNew ? { sequence: await this.#append(subject, position, data, stored.sequence), position } : stored)
  }

  /** Rejects with one that is tried again when another event came first */
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
