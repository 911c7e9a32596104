import { catchError, concatMap, connect, debounceTime, EMPTY, merge, type Observable, of, tap } from 'rxjs'
import { type Graded, AlertStream, type AlertOptions, type AlertVerdict } from '../../alerts/pipeline.ts'
import type { Grader } from '../../alerts/grader.ts'
import type { Model } from '../../network/model.ts'
import type { CommandContext } from '../context.ts'
import { skipFile } from '../failure.ts'
import type { Tally } from '../print/tally.ts'
import type { View } from '../print/views.ts'
import type { SourceState } from '../state/source-state.ts'
import type { WatchState } from '../state/watch-state.ts'
import type { AlertList } from './alert-list.ts'
import type { Hindsight } from './hindsight.ts'
import { LineCount } from './place.ts'
import { followed, inOrder } from './text.ts'

/** What all streams of a watch share */
export interface Watching {
  readonly model: Model
  readonly grader: Grader
  readonly options: AlertOptions
}

/** A stream of text, and what keeps its state */
export interface Stream {
  /** The name of its source, where there are several */
  readonly name: string | undefined
  readonly alerts: AlertStream
  readonly bytes$: Observable<Uint8Array>
  readonly kept: SourceState | undefined
  readonly count: LineCount
}

export interface Reading {
  /** Whether files are read on as they grow */
  readonly follow: boolean
  /** Whether events say which file they are of */
  readonly named: boolean
}

/** One stream for each file, or that of standard input */
export function streamsOf(
  paths: readonly string[],
  { follow, named }: Reading,
  { model, grader, options }: Watching,
  keeper: WatchState | undefined,
  context: CommandContext,
): readonly Stream[] {
  const stream = (name: string | undefined, kept: SourceState | undefined, bytes$: Observable<Uint8Array>): Stream => {
    const alerts = new AlertStream(model, options, grader)
    const count = new LineCount()
    kept?.keep(alerts)
    kept?.keep(count)
    alerts.dropIncomplete()
    return { name, alerts, bytes$, kept, count }
  }
  const { alphabet } = model.options
  return paths.map((path, i) => {
    const kept = keeper?.sources[i]
    const name = named ? path : undefined
    if (follow) return stream(name, kept, followed(path, alphabet, kept, context))
    const bytes$ = inOrder([path], alphabet, context).pipe(catchError((error: unknown) => (skipFile(error, paths, context), EMPTY)))
    return stream(name, kept, bytes$.pipe(tap((bytes) => kept?.read(bytes))))
  })
}

/** What all streams are shown on */
export interface Showing {
  readonly tally: Tally
  readonly hindsight: Hindsight
  readonly list: AlertList
  readonly view: View | undefined
  readonly keeper: WatchState | undefined
  readonly context: CommandContext
}

const SILENCE = 200

/** Learns a stream and shows it */
export function shown(
  { name, alerts, bytes$, kept, count }: Stream,
  { tally, hindsight, list, view, keeper, context }: Showing,
): Observable<unknown> {
  const show = ({ segment, lines }: Graded) => {
    if (segment !== undefined) kept?.learned(segment)
    for (const line of lines) {
      tally.add(line)
      const place = { source: name, number: count.next() }
      hindsight.add(line, place)
      list.add(line, place)
      view?.keys?.add(line, place, (verdict) => judge(line.offset, verdict))
      view?.line(line, place)
    }
  }
  const judge = (offset: number, verdict: AlertVerdict['verdict']) => {
    keeper?.changed()
    return alerts.judge({ offset, verdict })
  }
  const learnAndShow = (bytes$: Observable<Uint8Array>) =>
    bytes$.pipe(
      alerts.grade({ from: kept?.stream, beforeEnd: () => void keeper?.save() }),
      tap(show),
      connect((graded$) => merge(graded$, view?.also?.(graded$.pipe(concatMap(segments)), tally, name) ?? EMPTY)),
    )
  const showSilence = (bytes$: Observable<Uint8Array>) =>
    bytes$.pipe(
      debounceTime(SILENCE),
      tap(() => view?.partial?.(alerts.partial, name)),
    )
  if (view === undefined)
    return bytes$.pipe(
      tap((bytes) => context.output.write(bytes)),
      learnAndShow,
    )
  return view.partial === undefined ? learnAndShow(bytes$) : bytes$.pipe(connect((shared$) => merge(learnAndShow(shared$), showSilence(shared$))))
}

function segments({ segment }: Graded): Observable<NonNullable<Graded['segment']>> {
  return segment === undefined ? EMPTY : of(segment)
}
