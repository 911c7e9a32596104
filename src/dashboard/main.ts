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
import { type Choice, choices, open } from './choice.ts'
import { digesting, pausing, stepping, writing } from './controls.ts'
import { byId } from './dom.ts'
import { Page } from './page.ts'
import { oneStream } from './one-stream.ts'
import { perFrame } from './per-frame.ts'
import { type DigestingSource, isPageEvent, type Source, type SteppingSource } from './source.ts'
import { Status } from './status.ts'

const SAMPLE = { length: 240, temperature: 0.7 }
const MOST_EVENTS = 500
// milliseconds between two frames that show something new: an eye reads no more of a flood, and the frames between them stay free
const APART = 50

const page = new Page()
const status = new Status(byId('status', HTMLElement))
const learnerBox = byId('learner', HTMLSelectElement)
const presetBox = byId('preset', HTMLSelectElement)
const offered = await choices()

learnerBox.append(...offered.all.map(({ label }, i) => new Option(label, String(i))))
learnerBox.selectedIndex = offered.all.indexOf(offered.first)

/** One learner after the other, as they are chosen: each ends when the next begins */
const chosen$ = fromEvent(learnerBox, 'change').pipe(
  startWith(undefined),
  map(() => offered.all[learnerBox.selectedIndex]!),
  tap(({ presets }) => presetBox.replaceChildren(...presets.map((preset) => new Option(preset)))),
)
chosen$
  .pipe(
    switchMap((choice) =>
      fromEvent(presetBox, 'change').pipe(
        startWith(undefined),
        map(() => choice),
      ),
    ),
    switchMap((choice) => run(choice)),
  )
  .subscribe()

function run(choice: Choice): Observable<never> {
  page.clear()
  status.opening(choice)
  show(choice)
  return defer(() => {
    const source = open(choice, {
      preset: choice.presets[presetBox.selectedIndex],
      connected: () => status.connected(choice),
      lost: (_, delay) => status.lost(delay),
    })
    return together(source, choice).pipe(finalize(() => source.close()))
  })
}

/** What the learner says goes to the page, what the reader writes to the learner */
function together(source: Source, choice: Choice): Observable<never> {
  // who only watches holds the view and not the learner
  let isHeld = false
  const held$ = isStepping(source) ? stepping(source) : pausing().pipe(tap((held) => (isHeld = held)))
  const shown$ = source.events$.pipe(
    filter(isPageEvent),
    tap((event) => {
      // a private learner ends with its connection: this is a new one
      if (event.type === 'hello' && event.offset === 0) page.clear()
    }),
    oneStream(() => page.startStream()),
    perFrame({ most: MOST_EVENTS, apart: APART, isHeld: () => isHeld }),
    tap((events) => page.show(events, () => source.sample(SAMPLE))),
  )
  const written$ = choice.kind === 'watch' ? EMPTY : writing(source).pipe(tap((text) => source.next(text)))
  const digested$ = isDigesting(source) ? digesting(source) : EMPTY
  return merge(shown$, written$, held$, digested$).pipe(
    ignoreElements(),
    catchError((error: unknown) => {
      status.failed(error)
      return NEVER
    }),
  )
}

/** Shows what can be done with this learner, and hides what can not */
function show({ kind, presets, writes }: Choice): void {
  byId('preset-choice', HTMLElement).hidden = presets.length === 0
  byId('digest-row', HTMLElement).hidden = kind !== 'page'
  const isWatching = kind === 'watch'
  byId('writes', HTMLElement).hidden = !writes
  for (const id of ['writing', 'next-character', 'next-update']) byId(id, HTMLElement).hidden = isWatching
  byId('pause', HTMLElement).title = isWatching ? 'Holds what is shown; the learner continues' : 'Holds the learner'
}

function isStepping(source: Source): source is SteppingSource {
  return 'step' in source
}

function isDigesting(source: Source): source is DigestingSource {
  return 'digest' in source
}
