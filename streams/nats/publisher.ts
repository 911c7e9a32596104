import { randomUUID } from 'node:crypto'
import type { NatsConnection } from '@nats-io/transport-node'
import { jetstream, type JetStreamClient } from '@nats-io/jetstream'
import { Serial } from '../../src/async.ts'
import { systemClock } from '../clock.ts'
import { persist } from './persist.ts'
import { textSubject } from './subjects.ts'

/**
 * Publishes texts for workers. The order of each key is kept, and a text that is sent again because no answer came is stored once, unless the server is away
 * for longer than two minutes.
 *
 *     const publisher = new TextPublisher(await connect({ servers: 'nats://127.0.0.1:4222' }))
 *     await publisher.publish('web-1', 'GET /cart 200\n')
 */
export class TextPublisher {
  readonly #js: JetStreamClient
  readonly #serial = new Serial()
  readonly #connection: NatsConnection

  constructor(connection: NatsConnection) {
    this.#connection = connection
    this.#js = jetstream(connection, { timeout: 2000 })
  }

  /** Resolves with the text's sequence when it is stored; tries again while the server is away. Throws KeyError. */
  publish(key: string, text: string | Uint8Array): Promise<number> {
    const subject = textSubject(key)
    const msgID = randomUUID()
    const store = () =>
      persist(
        () => this.#js.publish(subject, text, { msgID }),
        () => !this.#connection.isClosed(),
        systemClock,
      )
    // one event per key at a time: those that are sent again would come after those that followed
    return this.#serial.run(async () => (await store()).seq, key)
  }
}
