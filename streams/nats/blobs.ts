import { type Broker, CHECKPOINT_SUBJECTS, CHECKPOINTS } from './broker.ts'
import { persist } from './persist.ts'

/** Where the bytes of something are: in so many messages */
export interface BlobName {
  readonly name: string
  readonly parts: number
}

/** Bytes under names that are never used again, so that nobody can overwrite what another one points to */
export class Blobs {
  readonly #broker: Broker
  readonly #isWanted: () => boolean

  /** Tries again while the server is away, as long as it is wanted */
  constructor(broker: Broker, isWanted: () => boolean) {
    this.#broker = broker
    this.#isWanted = isWanted
  }

  async put(name: string, bytes: Uint8Array): Promise<BlobName> {
    const { payload } = this.#broker
    const parts = Math.max(1, Math.ceil(bytes.length / payload))
    for (let i = 0; i < parts; i++) {
      const part = bytes.subarray(i * payload, (i + 1) * payload)
      await this.#persist(() => this.#broker.publish(subjectOf(name, i), part))
    }
    return { name, parts }
  }

  /** Rejects when a part is missing */
  async get({ name, parts }: BlobName): Promise<Uint8Array> {
    const found: Uint8Array[] = []
    for (let i = 0; i < parts; i++) {
      const message = await this.#persist(() => this.#broker.last(CHECKPOINTS, subjectOf(name, i)))
      if (message === undefined) throw new Error(`part ${i + 1} of ${parts} of the checkpoint ${name} is missing on the server`)
      found.push(message.data)
    }
    return found.length === 1 ? found[0]! : Buffer.concat(found)
  }

  async remove({ name }: BlobName): Promise<void> {
    await this.#persist(() => this.#broker.purge(CHECKPOINTS, subjectOf(name, '*')))
  }

  /** The names of all blobs that start with some words */
  async names(start: string): Promise<readonly string[]> {
    const subjects = await this.#persist(() => this.#broker.subjects(CHECKPOINTS, subjectOf(start, '>')))
    return [...new Set(subjects.map((subject) => subject.slice(CHECKPOINT_SUBJECTS.length, subject.lastIndexOf('.'))))]
  }

  #persist<T>(request: () => Promise<T>): Promise<T> {
    return persist(request, this.#isWanted, this.#broker.clock)
  }
}

function subjectOf(name: string, part: number | string): string {
  return `${CHECKPOINT_SUBJECTS}${name}.${part}`
}
