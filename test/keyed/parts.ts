import { type Backlog, type KeyedLearner, type KeyedStore, type KeyedText, LineLearner, type LineLearnerOptions } from '../../src/keyed/index.ts'
import { digest } from '../../src/network/digest.ts'
import { Observable } from 'rxjs'

/** A model that takes next to nothing */
export const TINY = { hidden: 4, ngram: 2, tableBits: 5, conductorBits: 5, every: 5, through: 7, vocabularyLimit: 12 } as const

export const tiny: LineLearnerOptions = { model: TINY }

/** A store around memory that takes its time, unless it is told not to */
export class MemoryStore implements KeyedStore {
  readonly saved: Map<string, Uint8Array> = new Map<string, Uint8Array>()
  readonly #delay: () => number | undefined

  /** Milliseconds that each request takes; undefined for one that is done at once */
  constructor(delay: () => number | undefined = () => undefined) {
    this.#delay = delay
  }

  load(key: string): Uint8Array | undefined | Promise<Uint8Array | undefined> {
    return this.#later(() => this.saved.get(key))
  }

  save(key: string, bytes: Uint8Array): void | Promise<void> {
    return this.#later(() => void this.saved.set(key, bytes))
  }

  #later<T>(work: () => T): T | Promise<T> {
    const delay = this.#delay()
    if (delay === undefined) return work()
    return new Promise((resolve) => {
      setTimeout(() => resolve(work()), delay)
    })
  }
}

/** Counts characters: a learner whose checkpoints are done at once */
export function counter(saved: Uint8Array | undefined): KeyedLearner<number> {
  let count = saved?.[0] ?? 0
  return {
    position: undefined,
    learn: (text) => [(count += text.length)],
    save: () => Uint8Array.of(count),
    dispose: () => {},
  }
}

/** Hands texts on, and waits for a backlog before each */
export function pulled(texts: Iterable<KeyedText>, backlog: Backlog): Observable<KeyedText> {
  return new Observable((subscriber) => {
    const push = async () => {
      for (const text of texts) {
        await backlog.ready()
        if (subscriber.closed) return
        subscriber.next(text)
      }
      subscriber.complete()
    }
    push().catch((error: unknown) => subscriber.error(error))
  })
}

interface Alone {
  readonly digest: string
  readonly events: readonly object[]
}

/** What comes of each key's text when it is learned alone, in one piece */
export async function alone(texts: readonly KeyedText[], options: LineLearnerOptions = tiny): Promise<ReadonlyMap<string, Alone>> {
  const keys = new Map<string, Alone>()
  for (const key of new Set(texts.map(({ key }) => key))) {
    const learner = await LineLearner.open(options)
    const events = texts.filter((text) => text.key === key).flatMap(({ text }) => learner.learn(text))
    keys.set(key, { digest: digest(learner.model), events })
    learner.dispose()
  }
  return keys
}

export async function digestOf(saved: Uint8Array | undefined): Promise<string> {
  const learner = await LineLearner.open(tiny, saved)
  const found = digest(learner.model)
  learner.dispose()
  return found
}
