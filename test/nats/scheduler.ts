import type { Random } from 'rxrnn'
import type { Clock } from '../../streams/clock.ts'

interface Task {
  readonly run: () => void
  /** Whose it is; undefined for what is under way between processes */
  readonly process: Process | undefined
  readonly due: number
}

/** Decides by its random numbers what happens next, in a time of its own. Whatever waits may be next: the oldest request, or the newest. */
export class Scheduler {
  readonly random: Random
  now = 0
  steps = 0
  readonly #tasks: Task[] = []

  constructor(random: Random) {
    this.random = random
  }

  /** Whether something of that probability is so */
  chance(probability: number): boolean {
    return this.random.uniform() < probability
  }

  below(limit: number): number {
    return this.random.next() % limit
  }

  add(run: () => void, process?: Process, delay = 0): void {
    this.#tasks.push({ run, process, due: this.now + delay })
  }

  /** Does one thing after the other until that is so, or nothing is left. After each all promises have had their say. */
  async run(isDone: () => boolean): Promise<void> {
    while (!isDone() && this.#step()) await settled()
  }

  #step(): boolean {
    this.steps += 1
    const tasks = this.#tasks
    // somebody may sleep until the end though others are at work: a machine may be slow
    if (this.chance(0.05)) this.#leap()
    let i = this.#ready() ?? -1
    while (i === -1 && tasks.length > 0) {
      this.#leap()
      i = this.#ready() ?? -1
      if (i === -1) for (const { process } of tasks) process?.thaw()
    }
    if (i === -1) return false
    const task = tasks[i]!
    tasks[i] = tasks.at(-1)!
    tasks.pop()
    if (task.process?.isAlive !== false) task.run()
    return true
  }

  /** One of those that may be next, each as probable as the others but for gaps */
  #ready(): number | undefined {
    const { length } = this.#tasks
    const start = length === 0 ? 0 : this.below(length)
    for (let n = 0; n < length; n++) {
      const i = (start + n) % length
      const { due, process } = this.#tasks[i]!
      if (due <= this.now && !(process?.isFrozen ?? false)) return i
    }
    return undefined
  }

  /** Lets time go by until the next sleeper wakes */
  #leap(): void {
    let next = Infinity
    for (const { due } of this.#tasks) if (due > this.now && due < next) next = due
    if (next !== Infinity) this.now = next
  }
}

/** What sleeps and works for itself: it may stand still while time goes by, and it may die */
export class Process implements Clock {
  readonly #scheduler: Scheduler
  #frozenUntil = 0
  isAlive = true

  constructor(scheduler: Scheduler) {
    this.#scheduler = scheduler
  }

  get isFrozen(): boolean {
    return this.#frozenUntil > this.#scheduler.steps
  }

  freeze(steps: number): void {
    this.#frozenUntil = this.#scheduler.steps + steps
  }

  thaw(): void {
    this.#frozenUntil = 0
  }

  kill(): void {
    this.isAlive = false
  }

  now(): number {
    return this.#scheduler.now
  }

  sleep(milliseconds: number): Promise<void> {
    return new Promise((resolve) => this.#scheduler.add(resolve, this, milliseconds))
  }

  turn(): Promise<void> {
    return this.sleep(0)
  }
}

/** Resolves when no promise has anything to do: Node runs what is asked for so after all microtasks */
function settled(): Promise<void> {
  return new Promise((resolve) => {
    process.nextTick(resolve)
  })
}
