import type { Position } from '../../../streams/files/tailed-file.ts'
import { Tail } from '../../text/tail.ts'
import type { ObservedSegment } from '../../learn.ts'
import type { Archive } from '../../archive.ts'
import type { Model } from '../../network/model.ts'
import { StreamState, saveStream } from '../../network/stream.ts'
import type { Kept } from './saved-part.ts'

/** The note of a checkpoint that names the sources of its streams */
export const SOURCES = 'sources'

export interface SavedSource {
  readonly path: string
  /** Where it continues, if it can */
  readonly position?: Position | undefined
}

/** One of the streams that are kept, and where its source stands */
export class SourceState {
  readonly path: string
  /** Where the stream continues, if it was saved */
  readonly stream: StreamState | undefined
  readonly #model: Model
  readonly #archive: Archive | undefined
  readonly #parts: Kept[] = []
  readonly #tail: Tail
  #segment: Pick<ObservedSegment, 'activations' | 'next' | 'offset'> | undefined
  /** The tape of a stream that was loaded and has not continued */
  #tape: ReturnType<Model['tape']> | undefined
  #position: Position | undefined

  constructor(path: string, model: Model, saved?: { readonly archive: Archive; readonly position: Position | undefined }) {
    this.path = path
    this.#model = model
    this.#tail = new Tail(model.vocabulary.alphabet)
    this.#archive = saved?.archive
    this.#position = saved?.position
    if (saved?.archive.has('stream.offset') !== true) return
    this.stream = new StreamState(saved.archive, model.symbols)
    this.#tape = model.tape(model.options, this.stream)
  }

  /** Characters since the start of the stream */
  get offset(): number {
    return this.#segment?.offset ?? this.stream?.offset ?? 0
  }

  /** Where the source continues: a character that is not complete yet will be read again */
  get position(): Position | undefined {
    const position = this.#position
    if (position === undefined) return undefined
    const held = this.#tail.length
    const mark = Buffer.from(position.mark, 'base64')
    return { ...position, offset: position.offset - held, mark: mark.subarray(0, mark.length - held).toString('base64') }
  }

  /** Loads a part of the state now, if it was saved, and saves it along */
  keep(part: Kept): void {
    if (this.#archive !== undefined) part.transfer(this.#archive)
    this.#parts.push(part)
  }

  /** Records bytes that are about to be learned, and of where the source stands after them */
  read(bytes: Uint8Array, position?: Position): void {
    this.#tail.push(bytes)
    this.#position = position
  }

  /** Records what was learned */
  learned(segment: Pick<ObservedSegment, 'activations' | 'next' | 'offset'>): void {
    this.#segment = segment
    this.#tape?.free()
    this.#tape = undefined
  }

  save(archive: Archive): void {
    const { symbols } = this.#model
    if (this.#segment !== undefined) saveStream(archive, this.#segment.activations.tape, symbols, this.#segment.next, this.#segment.offset)
    else if (this.#tape !== undefined && this.stream !== undefined) saveStream(archive, this.#tape, symbols, this.stream.last, this.stream.offset)
    for (const part of this.#parts) part.transfer(archive)
  }
}

/** The sources of a checkpoint, in their order. Throws TypeError. */
export function savedSources(note: string | undefined): readonly SavedSource[] {
  const sources: unknown = JSON.parse(note ?? '[]')
  if (!Array.isArray(sources)) throw new TypeError('the places in the sources are damaged')
  return sources.map(savedSource)
}

function savedSource(source: unknown): SavedSource {
  const { path, position }: Record<string, unknown> = { ...(typeof source === 'object' && source) }
  if (typeof path !== 'string') throw new TypeError('the name of a source is damaged')
  return { path, position: position === undefined ? undefined : positionOf(position) }
}

function positionOf(position: unknown): Position {
  const { device, inode, offset, mark, size, written }: Record<string, unknown> = { ...(typeof position === 'object' && position) }
  if (typeof device !== 'string' || typeof inode !== 'string' || typeof mark !== 'string' || typeof offset !== 'number' || typeof size !== 'number') {
    throw new TypeError('the place in a source is damaged')
  }
  if (written !== undefined && typeof written !== 'string') throw new TypeError('the place in a source is damaged')
  return { device, inode, offset, mark, size, written }
}
