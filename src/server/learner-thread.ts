import type { Chunk } from '../text/decoder.ts'
import type { LearnerContext, Session } from './learner-context.ts'
import { LearningSession } from './learning-session.ts'
import { type FromLearner, type LearnerSettings, zeroCounters, type Opening, type ToLearner } from './messages.ts'
import { Models } from './models.ts'
import { FairScheduler } from './fair-scheduler.ts'
import { WatchingSession } from './watching-session.ts'

// milliseconds between two signs of life, and between two reports of figures
const ALIVE = 15_000
const REPORT = 250

/** Learns for many connections, which take turns */
export class LearnerThread {
  readonly #desk: LearnerContext
  readonly #sessions = new Map<number, Session>()
  readonly #send: (messages: readonly FromLearner[]) => void
  #outbox: FromLearner[] = []

  constructor(settings: LearnerSettings, send: (messages: readonly FromLearner[]) => void) {
    const figures = zeroCounters()
    const post = (message: FromLearner) => this.#post(message)
    this.#send = send
    this.#desk = {
      settings,
      figures,
      post,
      turns: new FairScheduler(() => this.#flush()),
      models: new Models(settings, figures, post),
      left: (id) => this.#left(id),
    }
    setInterval(() => this.#post({ kind: 'figures', figures }), REPORT)
    setInterval(() => {
      for (const session of this.#sessions.values()) session.alive()
    }, ALIVE)
  }

  receive(message: ToLearner): void {
    switch (message.kind) {
      case 'open':
        return this.#open(message.opening)
      case 'frames':
        return this.#frames(this.#sessions.get(message.id), message.chunks, message.flushed)
      case 'flushed':
        return this.#sessions.get(message.id)?.flushed(message.length)
      case 'gone':
        return this.#sessions.get(message.id)?.gone()
      case 'remove':
        return void this.#remove(message.name)
      case 'stop':
        void this.#stop(message.patience)
    }
  }

  #frames(session: Session | undefined, chunks: readonly Chunk[], flushed: number): void {
    if (flushed > 0) session?.flushed(flushed)
    for (const chunk of chunks) session?.frame(chunk)
  }

  #open(opening: Opening): void {
    const session = opening.mode === 'watch' ? new WatchingSession(opening, this.#desk) : new LearningSession(opening, this.#desk)
    this.#sessions.set(opening.id, session)
    void session.open()
  }

  async #remove(name: string): Promise<void> {
    this.#post({ kind: 'removal', name, removal: await this.#desk.models.remove(name) })
  }

  #left(id: number): void {
    this.#sessions.delete(id)
    this.#post({ kind: 'done', id })
  }

  async #stop(patience: number): Promise<void> {
    await this.#desk.turns.finish(patience)
    this.#post({ kind: 'stopped', saved: await this.#desk.models.close() })
  }

  /** What is posted in one turn goes out together */
  #post(message: FromLearner): void {
    if (this.#outbox.length === 0) setImmediate(() => this.#flush())
    this.#outbox.push(message)
  }

  #flush(): void {
    if (this.#outbox.length === 0) return
    const messages = this.#outbox
    this.#outbox = []
    this.#send(messages)
  }
}
