import {
  catchError,
  defer,
  EMPTY,
  filter,
  finalize,
  fromEvent,
  ignoreElements,
  map,
  merge,
  NEVER,
  type Observable,
  startWith,
  switchMap,
  tap,
} from 'rxjs'
import type { Preset } from '../model/options.ts'
import { type Choice, choices, open } from './choice.ts'
import { stepping, writing } from './controls.ts'
import { byId } from './dom.ts'
import { Page } from './page.ts'
import { perFrame } from './per-frame.ts'
import type { PageEvent, Source, SteppingSource } from './source.ts'
import { Status } from './status.ts'

const PRESETS: readonly Preset[] = ['default', 'small', 'large', 'min-char-rnn']
const SAMPLE = { length: 240, temperature: 0.7 }
const MOST_EVENTS = 500

const page = new Page()
const status = new Status(byId('status', HTMLElement))
const learnerBox = byId('learner', HTMLSelectElement)
const presetBox = byId('preset', HTMLSelectElement)
const offered = await choices()

learnerBox.append(...offered.map(({ label }, i) => new Option(label, String(i))))
presetBox.append(...PRESETS.map((preset) => new Option(preset)))
learnerBox.selectedIndex = offered.length - 1

/** One learner after the other, as they are chosen: each ends when the next begins */
merge(fromEvent(learnerBox, 'change'), fromEvent(presetBox, 'change'))
  .pipe(
    startWith(undefined),
    map(() => offered[learnerBox.selectedIndex]!),
    switchMap((choice) => run(choice)),
  )
  .subscribe()

function run(choice: Choice): Observable<never> {
  page.clear()
  status.opening(choice)
  show(choice)
  return defer(() => {
    const source = open(choice, { preset: PRESETS[presetBox.selectedIndex]!, lost: (_, delay) => status.lost(delay) })
    return together(source, choice).pipe(finalize(() => source.close()))
  })
}

/** What the learner says goes to the page, what the reader writes to the learner */
function together(source: Source, choice: Choice): Observable<never> {
  const shown$ = source.events$.pipe(
    filter(isEvent),
    tap((event) => {
      status.connected(choice)
      // a private learner ends with its connection: this is a new one
      if (event.type === 'hello' && event.offset === 0) page.clear()
    }),
    perFrame(MOST_EVENTS),
    tap((events) => page.show(events, () => source.sample(SAMPLE))),
  )
  const written$ = isWatching(choice) ? EMPTY : writing(source).pipe(tap((text) => source.next(text)))
  const stepped$ = isStepping(source) ? stepping(source) : EMPTY
  return merge(shown$, written$, stepped$).pipe(
    ignoreElements(),
    catchError((error: unknown) => {
      status.failed(error)
      return NEVER
    }),
  )
}

/** Shows what can be done with this learner, and hides what can not */
function show(choice: Choice): void {
  const isLocal = choice.path === undefined
  byId('preset-choice', HTMLElement).hidden = !isLocal
  byId('stepping', HTMLElement).hidden = !isLocal
  byId('digest-row', HTMLElement).hidden = !isLocal
  for (const id of ['writing', 'writes']) byId(id, HTMLElement).hidden = isWatching(choice)
}

function isWatching({ path }: Choice): boolean {
  return path?.startsWith('watch/') === true
}

function isStepping(source: Source): source is SteppingSource {
  return 'step' in source
}

function isEvent(value: unknown): value is PageEvent {
  return typeof value === 'object' && value !== null && 'type' in value
}
