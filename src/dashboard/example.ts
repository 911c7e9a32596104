import { concatMap, from, map, type Observable, timer } from 'rxjs'
import { Random } from '../network/random.ts'
import type { Source } from './source.ts'

const PATHS = ['/', '/cart', '/checkout', '/item/1041', '/item/2207', '/login', '/search?q=lamp']
const FAULTS = ['ERROR db-1 deadlock detected, transaction rolled back', 'FATAL web-2 out of memory', 'WARN  web-1 GET /../../etc/passwd 403 2ms']
const FAULT_RATE = 1 / 120
// milliseconds
const PAUSE = 40

/** The log of a shop, a few lines at a time for as long as it is listened to, and no faster than the learner is */
export function exampleLog(source: Source): Observable<string> {
  const random = new Random(1)
  const upTo = (count: number) => Math.floor(random.uniform() * count)
  const pick = (choices: readonly string[]) => choices[upTo(choices.length)] ?? ''
  const line = (): string => {
    if (random.uniform() < FAULT_RATE) return pick(FAULTS)
    if (random.uniform() < 0.2) return `DEBUG db-1 query orders took ${1 + upTo(20)}ms`
    return `INFO  web-${1 + upTo(3)} GET ${pick(PATHS)} 200 ${5 + upTo(40)}ms`
  }
  return timer(0, PAUSE).pipe(
    concatMap(() => from(source.ready() ?? Promise.resolve())),
    map(() => `${line()}\n${line()}\n`),
  )
}
