import {
  concatMap,
  distinctUntilChanged,
  EMPTY,
  filter,
  finalize,
  from,
  fromEvent,
  ignoreElements,
  map,
  merge,
  type MonoTypeOperatorFunction,
  type Observable,
  scan,
  share,
  startWith,
  switchMap,
  tap,
} from 'rxjs'
import { counted } from '../text/counted.ts'
import { byId } from './dom.ts'
import { exampleLog } from './example.ts'
import type { OpenSource, Source, SteppingSource, Stride } from './source.ts'
import { safe } from './words.ts'
import { pieces, typed } from './writing.ts'

const STEPS = [
  ['next-character', 'character'],
  ['next-update', 'update'],
] as const

/**
 * Text for a learner, while it is subscribed to: the example, and what is typed, dropped and opened, which ends the example. `startsExample`: whether it runs
 * before somebody presses its button. `running` receives whether it does.
 */
export function writing(source: Source, startsExample: boolean, running: (runs: boolean) => void): Observable<string> {
  const ready = () => source.ready()
  const files$ = merge(openedFiles(), droppedFiles()).pipe(concatMap((file) => from(pieces(file, ready)).pipe(reported(file.name))))
  const own$ = merge(typed(byId('box', HTMLTextAreaElement)), files$).pipe(share())
  const fast = byId('faster', HTMLButtonElement)
  // a line that was begun is not continued by the log
  let isWithinLine = false
  const runs$ = toggled(byId('example', HTMLButtonElement), startsExample, own$.pipe(map(() => false))).pipe(
    tap((on) => {
      fast.disabled = !on
      running(on)
    }),
    share(),
  )
  const log$ = exampleLog({
    ready,
    isHeld: () => byId('pause', HTMLButtonElement).dataset['held'] === 'true',
    isFast: () => isPressed(fast),
    steps$: steps(),
  })
  const example$ = runs$.pipe(
    switchMap((on) => {
      if (!on) return EMPTY
      const start = isWithinLine ? ['\n'] : []
      isWithinLine = false
      return log$.pipe(startWith(...start))
    }),
  )
  const faster$ = toggled(fast, false, runs$.pipe(filter((on) => !on))).pipe(ignoreElements())
  // the example first, as it takes the state that runs$ starts with
  return merge(own$.pipe(tap((text) => (isWithinLine = !text.endsWith('\n')))), example$, faster$)
}

/** Holds a learner, steps it and lets it continue, while it is subscribed to; reports whether it is held */
export function stepping(source: SteppingSource, startsHeld: boolean): Observable<boolean> {
  const buttons = STEPS.map(([id]) => byId(id, HTMLButtonElement))
  const held$ = pausing(startsHeld).pipe(
    tap((held) => {
      if (held) source.pause()
      else source.resume()
      for (const button of buttons) button.disabled = !held
    }),
  )
  const steps$ = steps().pipe(
    tap((to) => source.step(to)),
    ignoreElements(),
  )
  return merge(held$, steps$)
}

/** Whether the reader wants a pause: the button says what it does next */
export function pausing(startsHeld = false): Observable<boolean> {
  const button = byId('pause', HTMLButtonElement)
  const show = (held: boolean) => {
    button.textContent = held ? 'Continue' : 'Pause'
    button.dataset['held'] = String(held)
  }
  return switched(button, { starts: startsHeld, show })
}

/** The steps that are asked for */
export function steps(): Observable<Stride> {
  return merge(...STEPS.map(([id, to]) => fromEvent(byId(id, HTMLButtonElement), 'click').pipe(map(() => to))))
}

/** Looks into a learner while it is subscribed to: its parameters while the drawer is open, their digest when it is asked for */
export function looking(source: OpenSource): Observable<never> {
  const drawer = byId('drawer', HTMLDetailsElement)
  const opened$ = fromEvent(drawer, 'toggle').pipe(
    startWith(undefined),
    tap(() => source.tensors(drawer.open)),
  )
  const digest$ = fromEvent(byId('digest', HTMLButtonElement), 'click').pipe(tap(() => source.digest()))
  return merge(opened$, digest$).pipe(ignoreElements())
}

/** Whether a button is pressed down */
function toggled(button: HTMLButtonElement, starts = false, set$: Observable<boolean> = EMPTY): Observable<boolean> {
  return switched(button, { starts, set$, show: (on) => button.setAttribute('aria-pressed', String(on)) })
}

interface SwitchOptions {
  readonly starts: boolean
  readonly set$?: Observable<boolean>
  readonly show: (on: boolean) => void
}

/** Whether a button is on: as it starts, then as it is clicked or set; not after the end */
function switched(button: HTMLButtonElement, { starts, set$ = EMPTY, show }: SwitchOptions): Observable<boolean> {
  const clicked$ = fromEvent(button, 'click').pipe(map(() => undefined))
  return merge(clicked$, set$).pipe(
    scan((on, set) => set ?? !on, starts),
    startWith(starts),
    distinctUntilChanged(),
    tap(show),
    finalize(() => show(false)),
  )
}

function isPressed(button: HTMLButtonElement): boolean {
  return button.ariaPressed === 'true'
}

/** Says how much of a file was read */
function reported(name: string): MonoTypeOperatorFunction<string> {
  const note = byId('box-note', HTMLElement)
  let lines = 0
  const say = (what: string) => (note.textContent = `${what} ${safe(name)}: ${counted(lines, 'line')}.`)
  return tap({
    next: (text) => {
      lines += text.split('\n').length - 1
      say('Reading')
    },
    complete: () => say('Has read'),
  })
}

function openedFiles(): Observable<File> {
  const input = byId('file', HTMLInputElement)
  return fromEvent(input, 'change').pipe(
    concatMap(() => Array.from(input.files ?? [])),
    // so that the same file can be chosen again
    tap(() => (input.value = '')),
  )
}

function droppedFiles(): Observable<File> {
  const { body } = document
  const over$ = fromEvent<DragEvent>(body, 'dragover').pipe(
    tap((event) => {
      event.preventDefault()
      body.classList.add('dropping')
    }),
    ignoreElements(),
  )
  const left$ = fromEvent<DragEvent>(body, 'dragleave').pipe(
    filter(({ relatedTarget }) => relatedTarget === null),
    tap(() => body.classList.remove('dropping')),
    ignoreElements(),
  )
  const dropped$ = fromEvent<DragEvent>(body, 'drop').pipe(
    map((event) => {
      event.preventDefault()
      body.classList.remove('dropping')
      return Array.from(event.dataTransfer?.files ?? [])
    }),
    concatMap((files) => files),
  )
  return merge(over$, left$, dropped$)
}
