import {
  concatMap,
  EMPTY,
  filter,
  finalize,
  from,
  fromEvent,
  ignoreElements,
  map,
  merge,
  type Observable,
  scan,
  startWith,
  switchMap,
  tap,
} from 'rxjs'
import { byId } from './dom.ts'
import { exampleLog } from './example.ts'
import type { DigestingSource, Source, SteppingSource } from './source.ts'
import { pieces, typed } from './writing.ts'

/** Text for a learner, while it is subscribed to: what is typed, dropped, opened, and the example */
export function writing(source: Source): Observable<string> {
  const files$ = merge(openedFiles(), droppedFiles()).pipe(concatMap((file) => from(pieces(file, () => source.ready()))))
  const example = byId('example', HTMLButtonElement)
  const example$ = toggled(example).pipe(switchMap((on) => (on ? exampleLog(source) : EMPTY)))
  return merge(typed(byId('box', HTMLTextAreaElement)), files$, example$)
}

/** Holds a learner, steps it and lets it continue, while it is subscribed to */
export function stepping(source: SteppingSource): Observable<never> {
  const steps = [
    [byId('next-character', HTMLButtonElement), 'character'],
    [byId('next-update', HTMLButtonElement), 'update'],
  ] as const
  const held$ = pausing().pipe(
    tap((held) => {
      if (held) source.pause()
      else source.resume()
      for (const [button] of steps) button.disabled = !held
    }),
  )
  const steps$ = merge(...steps.map(([button, to]) => fromEvent(button, 'click').pipe(tap(() => source.step(to)))))
  return merge(held$, steps$).pipe(ignoreElements())
}

/** Whether the reader wants a pause */
export function pausing(): Observable<boolean> {
  return toggled(byId('pause', HTMLButtonElement))
}

/** Asks a learner for its digest, while it is subscribed to */
export function digesting(source: DigestingSource): Observable<never> {
  return fromEvent(byId('digest', HTMLButtonElement), 'click').pipe(
    tap(() => source.digest()),
    ignoreElements(),
  )
}

/** Whether a button is pressed down: at first it is not, nor after the end */
function toggled(button: HTMLButtonElement): Observable<boolean> {
  const show = (on: boolean) => button.setAttribute('aria-pressed', String(on))
  return fromEvent(button, 'click').pipe(
    scan((on) => !on, false),
    startWith(false),
    tap(show),
    finalize(() => show(false)),
  )
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
