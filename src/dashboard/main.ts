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
import { looking, pausing, steps, stepping, writing } from './controls.ts'
import { byId } from './dom.ts'
import { leadOf } from './lead.ts'
import { NOTEBOOK_TEXT } from './notebook.ts'
import { Page } from './page.ts'
import { oneStream } from './one-stream.ts'
import { perFrame } from './per-frame.ts'
import type { Network } from './session.ts'
import { isPageEvent, type JudgedSource, type OpenSource, type Source, type SteppingSource } from './source.ts'
import { Status } from './status.ts'

const SAMPLE = { length: 240, temperature: 0.7 }
const MOST_EVENTS = 500
// milliseconds between two frames that show something new: an eye reads no more of a flood, and the frames between them stay free
const APART = 50
const LABELS: Readonly<Partial<Record<Network, string>>> = { notebook: 'the notebook\u2019s' }
// `?example=off` begins with no text
const WITHOUT_EXAMPLE = new URLSearchParams(location.search).get('example') === 'off'

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
  tap(({ presets }) => presetBox.replaceChildren(...presets.map((preset) => new Option(LABELS[preset] ?? preset, preset)))),
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
  const network = choice.presets[presetBox.selectedIndex]
  const hasExample = (choice.kind === 'page' || choice.kind === 'private') && network !== 'notebook' && !WITHOUT_EXAMPLE
  const lead = (reads: boolean) => (byId('lead', HTMLElement).textContent = leadOf(choice, network, reads))
  page.clear()
  status.opening(choice)
  show(choice, network)
  lead(hasExample)
  return defer(() => {
    const source = open(choice, {
      preset: network,
      connected: () => status.connected(choice),
      lost: (_, delay) => status.lost(delay),
    })
    return together(source, choice, { hasExample, isNotebook: network === 'notebook', lead }).pipe(finalize(() => source.close()))
  })
}

interface Start {
  readonly hasExample: boolean
  readonly isNotebook: boolean
  /** Says at the top of the page whether the example is read */
  readonly lead: (reads: boolean) => void
}

/** What the learner reports goes to the page, what the reader writes to the learner */
function together(source: Source, choice: Choice, { hasExample, isNotebook, lead }: Start): Observable<never> {
  // who only watches holds the view and not the learner
  let isViewHeld = false
  const held$ = (isStepping(source) ? stepping(source, isNotebook) : pausing().pipe(tap((held) => (isViewHeld = held)))).pipe(
    tap((held) => page.hold(held)),
  )
  const asked$ = steps().pipe(tap((to) => to === 'update' && page.progress.ask()))
  const shown$ = source.events$.pipe(
    filter(isPageEvent),
    tap((event) => {
      // a private learner ends with its connection: this is a new one
      if (event.type === 'hello' && event.offset === 0) page.clear()
    }),
    oneStream(() => page.startStream()),
    perFrame({ most: MOST_EVENTS, apart: APART, isHeld: () => isViewHeld }),
    tap((events) => page.show(events, () => source.sample(SAMPLE))),
  )
  const written$ = choice.kind === 'watch' ? EMPTY : writing(source, hasExample, lead).pipe(tap((text) => source.next(text)))
  const judged$ = canJudge(source) ? page.judged$.pipe(tap((verdict) => source.judge(verdict))) : EMPTY
  page.canJudge = canJudge(source) && choice.judges
  const looked$ = isOpen(source) ? looking(source) : EMPTY
  const notebook$ = isNotebook && isStepping(source) ? defer(() => startNotebook(source)) : EMPTY
  return merge(shown$, asked$, written$, held$, looked$, judged$, notebook$).pipe(
    ignoreElements(),
    catchError((error: unknown) => {
      status.failed(error)
      return NEVER
    }),
  )
}

/** The learner is held: it reads the notebook's input and its target, and its figures are shown */
function startNotebook(source: SteppingSource): Observable<never> {
  byId('drawer', HTMLDetailsElement).open = true
  if (isOpen(source)) source.tensors(true)
  source.next(NOTEBOOK_TEXT)
  source.step('character')
  source.step('update')
  return EMPTY
}

/** Shows what can be done with this learner, and hides what can not */
function show({ kind, presets, writes }: Choice, network: Network | undefined): void {
  const isNotebook = network === 'notebook'
  byId('preset-choice', HTMLElement).hidden = presets.length === 0
  byId('tensors-section', HTMLElement).hidden = kind !== 'page'
  const isWatching = kind === 'watch'
  byId('writes', HTMLElement).hidden = !writes || isNotebook
  for (const id of ['alerts-section', 'loss-section']) byId(id, HTMLElement).hidden = isNotebook
  byId('notebook-note', HTMLElement).hidden = !isNotebook
  byId('learner-choice', HTMLElement).hidden = offered.all.length === 1
  for (const id of ['writing', 'next-character', 'next-update']) byId(id, HTMLElement).hidden = isWatching
  byId('watching', HTMLElement).hidden = !isWatching
  byId('pause', HTMLElement).title = isWatching ? 'Holds what is shown; the learner continues' : 'Holds the learner'
}

function isStepping(source: Source): source is SteppingSource {
  return 'step' in source
}

function canJudge(source: Source): source is JudgedSource {
  return 'judge' in source
}

function isOpen(source: Source): source is OpenSource {
  return 'digest' in source
}
