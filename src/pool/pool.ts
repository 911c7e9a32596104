import { randomUUID } from 'node:crypto'
import { availableParallelism } from 'node:os'
import { Worker } from 'node:worker_threads'
import { concat, defer, finalize, from, ignoreElements, merge, type OperatorFunction, Subject, switchMap, tap } from 'rxjs'
import { KeyFolder } from '../../streams/store/key-folder.ts'
import type { LineEvent } from '../alerts/events.ts'
import { Backlog } from '../keyed/backlog.ts'
import type { KeyedOutput, KeyedText, SourcePosition } from '../keyed/keyed-learner.ts'
import { assertResident, DEFAULT_RESIDENT } from '../keyed/keyed-learners.ts'
import type { LineLearnerOptions } from '../keyed/line-learner.ts'
import { OptionError } from '../text/option-error.ts'
import { Home } from './home.ts'
import type { FromThread, Positioned, ThreadSettings, ToThread } from './messages.ts'
import { Thread } from './thread.ts'

export interface PoolOptions extends Pick<LineLearnerOptions, 'model' | 'alertRate'> {
  /** Where the checkpoints are; see `KeyFolder` */
  readonly folder: string
  /** Threads that learn; as many as there are cores unless given */
  readonly threads?: number
  /** How many learners each thread may have in memory. Default 100. */
  readonly resident?: number
  /** Holds what is not learned yet: a source that pulls waits for its `ready`. One of its own unless given. */
  readonly backlog?: Backlog
  /** How many characters may be learned and not be safe: they are kept, to be learned again after a crash. Default 2 ** 24. */
  readonly unsaved?: number
  /** Seconds between two saves of all that was learned. Default 30. */
  readonly saveEvery?: number
  /** Told when a key's checkpoint is safe: a source need not send its texts up to that position again */
  readonly saved?: (key: string, position: SourcePosition) => void
  /** Told when a thread has died and another one takes its place */
  readonly restarted?: (error: Error) => void
}

/** A thread that dies more often than that in a row, with nothing saved in between, would do so forever */
const MOST_DEATHS = 3

/**
 * `keyed` on all cores: a `LineLearner` a key, in worker threads. A key's texts are learned in order; a new key goes to the thread with the fewest. What is
 * not safe in the folder is kept, and learned again when a thread has died: nothing is lost, and no event comes twice. Completes when everything is safe.
 * Throws OptionError; errors with LockedError, with BacklogError where the source does not wait, and with what a thread died of three times in a row.
 *
 *     pull(texts, { ready: () => backlog.ready() }).pipe(pooled({ folder: 'state', backlog }))
 */
export function pooled(options: PoolOptions): OperatorFunction<KeyedText, KeyedOutput<LineEvent>> {
  const { threads = availableParallelism(), resident = DEFAULT_RESIDENT, unsaved = 2 ** 24, saveEvery = 30 } = options
  assertResident(resident)
  assertCount('threads', threads)
  assertCount('unsaved', unsaved)
  if (!(saveEvery > 0)) throw new OptionError('saveEvery', `saveEvery is ${saveEvery}, but it must be a number of seconds above 0`)
  return (source) =>
    defer(() => from(KeyFolder.open(options.folder))).pipe(
      switchMap((folder) => {
        const pool = new Pool({ ...options, threads, resident, unsaved, saveEvery })
        const learned$ = concat(
          source.pipe(tap((text) => pool.learn(text))),
          defer(() => pool.close()),
        ).pipe(ignoreElements())
        return merge(pool.outputs, learned$).pipe(
          finalize(() => {
            pool.end()
            void folder.close()
          }),
        )
      }),
    )
}

function assertCount(name: string, value: number): void {
  if (!(Number.isSafeInteger(value) && value >= 1)) throw new OptionError(name, `${name} is ${value}, but it must be a whole number from 1`)
}

/** Threads, which keys are at home in which, and what of them is not safe yet */
class Pool {
  readonly outputs: Subject<KeyedOutput<LineEvent>> = new Subject()
  readonly #settings: ThreadSettings
  readonly #backlog: Backlog
  readonly #unsaved: number
  readonly #tellSaved: PoolOptions['saved']
  readonly #restarted: PoolOptions['restarted']
  readonly #timer: ReturnType<typeof setInterval>
  readonly #session = randomUUID()
  readonly #threads: Thread<ToThread, FromThread>[] = []
  /** How often each thread died since something was saved */
  readonly #deaths: number[]
  /** How many keys are at home in each thread */
  readonly #homesIn: number[]
  readonly #homes = new Map<string, Home>()
  /** Texts that are not sent yet, as too much is not safe */
  readonly #held = new Set<Positioned>()
  /** Threads that are asked to save, and have not */
  readonly #saving = new Set<number>()
  #count = 0
  /** Characters that were sent and are not safe */
  #kept = 0
  #open: number
  /** Nothing more comes; and then: everything was sent */
  #stage: 'open' | 'ending' | 'closing' = 'open'
  #closed: () => void = () => {}

  constructor({
    threads,
    backlog = new Backlog(),
    unsaved,
    saveEvery,
    saved,
    restarted,
    ...settings
  }: PoolOptions & ThreadSettings & Required<Pick<PoolOptions, 'threads' | 'unsaved' | 'saveEvery'>>) {
    const { folder, resident, model, alertRate } = settings
    this.#settings = { folder, resident, model, ...(alertRate !== undefined && { alertRate }) }
    this.#backlog = backlog
    this.#unsaved = unsaved
    this.#tellSaved = saved
    this.#restarted = restarted
    this.#timer = setInterval(() => this.#save(), saveEvery * 1000)
    this.#deaths = Array.from({ length: threads }, () => 0)
    this.#homesIn = Array.from({ length: threads }, () => 0)
    this.#open = threads
    for (let i = 0; i < threads; i++) this.#start(i)
  }

  learn({ key, text, position = { source: this.#session, at: this.#count++ } }: KeyedText): void {
    this.#backlog.add(text.length)
    // bytes as they come may be a view of many more
    this.#held.add({ key, text: typeof text === 'string' ? text : Uint8Array.from(text), position })
    this.#sendHeld()
  }

  /** Resolves when everything is learned and safe */
  close(): Promise<void> {
    return new Promise((resolve) => {
      this.#closed = resolve
      this.#stage = 'ending'
      this.#sendHeld()
    })
  }

  end(): void {
    clearInterval(this.#timer)
    for (const { text } of this.#held) this.#backlog.remove(text.length)
    for (const thread of this.#threads) void thread.end()
  }

  #start(index: number): void {
    const worker = new Worker(new URL('./pool-thread.js', import.meta.url), { workerData: this.#settings })
    this.#threads[index] = new Thread(worker, {
      message: (message) => this.#receive(index, message),
      died: (error) => this.#restart(index, error),
    })
  }

  #sendHeld(): void {
    for (const text of this.#held) {
      if (this.#kept >= this.#unsaved) break
      this.#held.delete(text)
      this.#send(text)
    }
    if (this.#kept > this.#unsaved / 2) this.#save()
    if (this.#stage === 'ending' && this.#held.size === 0) this.#closeThreads()
  }

  #send(text: Positioned): void {
    const home = this.#homeOf(text.key)
    home.keep(text)
    this.#kept += text.text.length
    this.#threads[home.thread]!.post({ kind: 'text', text })
  }

  #homeOf(key: string): Home {
    const known = this.#homes.get(key)
    if (known !== undefined) return known
    const home = new Home(this.#homesIn.indexOf(Math.min(...this.#homesIn)))
    this.#homes.set(key, home)
    this.#homesIn[home.thread]! += 1
    return home
  }

  #leaveHome(key: string, { thread }: Home): void {
    this.#homes.delete(key)
    this.#homesIn[thread]! -= 1
  }

  /** What is learned meanwhile is for the next time */
  #save(): void {
    if (this.#stage === 'closing' || this.#saving.size > 0) return
    for (const [i, thread] of this.#threads.entries()) {
      this.#saving.add(i)
      thread.post({ kind: 'save' })
    }
  }

  #closeThreads(): void {
    this.#stage = 'closing'
    for (const thread of this.#threads) thread.post({ kind: 'close' })
  }

  #receive(index: number, message: FromThread): void {
    switch (message.kind) {
      case 'learned':
        return this.#learned(message.key, message.position, message.events)
      case 'saved':
        this.#deaths[index] = 0
        return this.#saved(message.key, message.position, message.resident)
      case 'allSaved':
        this.#saving.delete(index)
        return this.#sendHeld()
      case 'closed':
        void this.#threads[index]!.end()
        this.#open -= 1
        if (this.#open > 0) return undefined
        this.#closed()
        return this.outputs.complete()
    }
  }

  #learned(key: string, position: SourcePosition, events: readonly LineEvent[]): void {
    const text = this.#homes.get(key)?.learn(position)
    if (text === undefined) return
    for (const output of events) this.outputs.next({ key, output })
    this.#backlog.remove(text.text.length)
  }

  #saved(key: string, position: SourcePosition | undefined, resident: boolean): void {
    const home = this.#homes.get(key)
    if (home === undefined || position === undefined) return
    const { safe, untold } = home.forget(position)
    this.#tellSaved?.(key, position)
    for (const { text } of safe) this.#kept -= text.length
    for (const { text } of untold) this.#backlog.remove(text.length)
    if (!resident && home.kept.length === 0) this.#leaveHome(key, home)
    this.#sendHeld()
  }

  /** What the thread knew is in the checkpoints, or kept here */
  #restart(index: number, error: Error): void {
    this.#deaths[index]! += 1
    if (this.#deaths[index]! >= MOST_DEATHS) return this.outputs.error(error)
    this.#restarted?.(error)
    this.#saving.delete(index)
    this.#start(index)
    for (const [key, home] of this.#homes) {
      if (home.thread !== index) continue
      if (home.kept.length === 0) this.#leaveHome(key, home)
      for (const text of home.kept) this.#threads[index]!.post({ kind: 'text', text })
    }
    if (this.#stage === 'closing') this.#threads[index]!.post({ kind: 'close' })
  }
}
