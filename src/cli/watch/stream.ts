import { connect, debounceTime, EMPTY, identity, merge, type Observable, tap } from 'rxjs'
import type { Observed } from '../../learn.ts'
import type { CommandContext } from '../context.ts'
import type { Keeper } from '../state/watch-state.ts'
import type { KeptSource } from '../state/source-state.ts'
import { skipLearned } from './skip.ts'
import type { Tally } from '../print/tally.ts'
import type { View } from '../print/views.ts'
import { ignoredLines } from './ignore.ts'
import type { RawLine } from './raw-lines.ts'
import { type Learning, Source } from './source.ts'
import { followed, inOrder } from './text.ts'

export interface StreamFlags {
  readonly follow?: true
  /** Leaves away what so many characters were learned from */
  readonly resumeOffset?: number
}

/** A source, its bytes, and what keeps its state */
export interface Stream {
  readonly source: Source
  readonly bytes$: Observable<Uint8Array>
  readonly kept: KeptSource | undefined
  readonly resumeOffset: number | undefined
}

/** The streams of files that are followed, each of its own, or the one of files that are read one after the other */
export function streamsOf(
  paths: readonly string[],
  { follow, resumeOffset }: StreamFlags,
  learning: Learning,
  keeper: Keeper | undefined,
  context: CommandContext,
): readonly Stream[] {
  const stream = (name: string | undefined, kept: KeptSource | undefined, bytes$: Observable<Uint8Array>): Stream => {
    const source = new Source(name, learning)
    kept?.keep(source)
    source.resume()
    if (resumeOffset !== undefined) source.rewind()
    return { source, bytes$, kept, resumeOffset }
  }
  if (follow !== true) {
    const kept = keeper?.sources[0]
    return [stream(undefined, kept, inOrder(paths.length === 0 ? ['-'] : paths, kept, context))]
  }
  return paths.map((path, i) => stream(paths.length > 1 ? path : undefined, keeper?.sources[i], followed(path, keeper?.sources[i], context)))
}

/** What all streams are shown on */
export interface Showing {
  readonly tally: Tally
  readonly view: View | undefined
  readonly keeper: Keeper | undefined
  readonly context: CommandContext
}

const SILENCE = 200

/** Learns a stream and shows it */
export function shown({ source, bytes$, kept, resumeOffset }: Stream, { tally, view, keeper, context }: Showing): Observable<unknown> {
  const { name } = source
  const ignored = (raw: RawLine) => view?.ignored?.(raw, name)
  const showLines = (learned$: Observable<Observed>) =>
    learned$.pipe(
      source.lines(),
      tap((line) => {
        tally.add(line)
        view?.line(line)
      }),
    )
  const learnAndShow = (bytes$: Observable<Uint8Array>) =>
    bytes$.pipe(
      source.read(),
      resumeOffset === undefined ? identity : skipLearned(resumeOffset, () => source.take()),
      ignoredLines(() => ignored(source.take())),
      source.learn(kept?.stream),
      tap({ next: (segment) => kept?.learned(segment), complete: () => void keeper?.save() }),
      connect((learned$) => merge(showLines(learned$), view?.also?.(learned$, tally, name) ?? EMPTY)),
    )
  const showSilence = (bytes$: Observable<Uint8Array>) =>
    bytes$.pipe(
      debounceTime(SILENCE),
      tap(() => view?.partial?.(source.partial)),
    )
  if (view === undefined)
    return bytes$.pipe(
      tap((bytes) => context.output.write(bytes)),
      learnAndShow,
    )
  return view.partial === undefined ? learnAndShow(bytes$) : bytes$.pipe(connect((shared$) => merge(learnAndShow(shared$), showSilence(shared$))))
}
