import { concatMap, defer, filter, from, map, merge, type Observable, range, repeat, timer } from 'rxjs'
import { Random } from '../network/random.ts'

const PATHS = ['/', '/cart', '/checkout', '/item/1041', '/item/2207', '/login', '/search?q=lamp']
const FAULTS = [
  'ERROR db-1 deadlock detected, transaction rolled back',
  'WARN  web-1 GET /../../etc/passwd 403 2ms',
  'FATAL web-2 out of memory: heap limit reached',
  'ERROR mail-1 certificate of smtp.example.com expired',
  'WARN  mail-1 greylisted by mx.example.org, retry in 300 s',
  'ERROR db-1 disk /var/lib/db is 97% full',
  'WARN  web-3 client closed the connection early',
]
// lines between two faults, and before the first one
const CALM = 60
const FIRST_FAULT = 130

/** Lines of which each character can be followed, and those after them until the log is known */
const SLOW_LINES = 3
const QUICK_LINES = 220
// milliseconds before a character, a line of the quick ones, and a line that people can read
const [CHARACTER, QUICK, READABLE] = [40, 50, 350]
// at full speed
const [BLOCK, BLOCK_APART] = [60, 20]

export interface ExampleOptions {
  /** Undefined while there is room for more; else a promise that resolves when there is again */
  readonly ready: () => Promise<void> | undefined
  /** While it says so, nothing comes but a line at each step */
  readonly isHeld: () => boolean
  readonly isFast: () => boolean
  readonly steps$: Observable<unknown>
}

/**
 * The log of a shop: a few lines that can be followed character by character, then faster until it is known, then so that people can read it, with a fault
 * now and then. Each call starts it anew; each subscription continues it.
 */
export function exampleLog({ ready, isHeld, isFast, steps$ }: ExampleOptions): Observable<string> {
  const lines = shopLog()
  let count = 0
  let rest: string[] = []
  const next = (): string => {
    if (rest.length === 0) {
      const line = lines.next().value
      rest = count++ < SLOW_LINES ? Array.from(line) : [line]
    }
    return rest.shift()!
  }
  const block = () => Array.from({ length: BLOCK }, next).join('')
  const pause = () => {
    if (isFast()) return BLOCK_APART
    if (count <= SLOW_LINES) return CHARACTER
    return count < QUICK_LINES ? QUICK : READABLE
  }
  const flow$ = defer(() => timer(pause())).pipe(
    filter(() => !isHeld()),
    concatMap(() => from(ready() ?? Promise.resolve())),
    map(() => (isFast() ? block() : next())),
    repeat(),
  )
  const stepped$ = steps$.pipe(
    concatMap(() => range(count <= SLOW_LINES ? BLOCK : 1)),
    map(next),
  )
  return merge(flow$, stepped$)
}

function* shopLog(): Generator<string, never> {
  const random = new Random(1)
  const upTo = (count: number) => Math.floor(random.uniform() * count)
  const pick = (choices: readonly string[]) => choices[upTo(choices.length)] ?? ''
  for (let line = 1; ; line++) {
    const faults = (line - FIRST_FAULT) / CALM
    if (faults >= 0 && Number.isInteger(faults)) yield `${FAULTS[faults % FAULTS.length]}\n`
    else if (random.uniform() < 0.2) yield `DEBUG db-1 query orders took ${1 + upTo(20)}ms\n`
    else yield `INFO  web-${1 + upTo(3)} GET ${pick(PATHS)} 200 ${5 + upTo(40)}ms\n`
  }
}
