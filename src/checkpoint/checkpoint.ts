import type { LearnedSegment } from '../learn.ts'
import type { Learner } from '../learner.ts'
import { type ModelOptions, modelOptions } from '../network/options.ts'
import { CELLS } from '../network/cells.ts'
import { createModel } from '../network/create.ts'
import type { Model } from '../network/model.ts'
import { StreamState, saveStream } from '../network/stream.ts'
import { Loader, Saver } from './archives.ts'
import { CheckpointError } from './error.ts'
import type { Contents } from './safetensors.ts'
import { type Bytes, rehearse, type SealOptions, seal, unseal } from './seal.ts'
import { messageOf } from '../text/message-of.ts'

/** What is saved: a model alone, the stream of a Learner, or the stream of a pipeline after the segment that it emitted last */
export type Saveable = Model | Learner | Pick<LearnedSegment, 'activations' | 'next' | 'offset'>

export interface SaveOptions {
  /** Texts to keep along, for whoever saves: where the source stands, for one */
  readonly notes?: ReadonlyMap<string, string>
}

/** @internal */
export interface SavingOptions extends SaveOptions, SealOptions {
  /** Saves more: a state of one's own */
  readonly also?: (archive: Saver) => void
}

export interface Loaded {
  readonly model: Model
  /** Where the stream stood: learn(model, { from: stream }), or new Learner(model, stream). Undefined when a model was saved alone. */
  readonly stream: StreamState | undefined
  readonly notes: ReadonlyMap<string, string>
  /**
   * For what `also` saved
   * @internal
   */
  readonly archive: Loader
}

const OPTIONS = 'options'
const NOTE = 'note.'

/**
 * A checkpoint: one safetensors file with all that resuming needs, sealed (see `seal`). Everything is copied before this returns, so learning may continue
 * while the file is being completed.
 *
 *     await writeFile('model.safetensors', await save(learner))
 */
export function save(what: Saveable, options?: SaveOptions): Promise<Bytes>
/** @internal */
export function save(what: Saveable, options?: SavingOptions): Promise<Bytes>
export async function save(what: Saveable, options: SavingOptions = {}): Promise<Bytes> {
  const model = modelOf(what)
  const saver = takeDown(what, model)
  options.also?.(saver)
  const notes = Array.from(options.notes ?? [], ([name, text]) => [NOTE + name, text] as const)
  return seal({ tensors: saver.tensors, metadata: new Map([[OPTIONS, JSON.stringify(model.options)], ...saver.metadata, ...notes]) }, options)
}

/**
 * Memory for the next checkpoint of this, to give to `reuse`: with it the first copy stops a stream no longer than later ones do
 * @internal
 */
export function prepare(what: Saveable, options: SavingOptions = {}): Promise<Uint8Array<ArrayBuffer>> {
  const saver = takeDown(what, modelOf(what))
  options.also?.(saver)
  return rehearse(
    Array.from(saver.tensors.values(), ({ data }) => data),
    options,
  )
}

function modelOf(what: Saveable): Model {
  return 'activations' in what ? what.activations.model : 'model' in what ? what.model : what
}

function takeDown(what: Saveable, model: Model): Saver {
  if ('activations' in what && what.activations.tape.freed) {
    throw new CheckpointError(
      'the stream of this segment has ended, and its state is gone: save while it runs, as checkpoint() does, or save the model alone',
    )
  }
  const saver = new Saver()
  model.transfer(saver)
  if ('activations' in what) saveStream(saver, what.activations.tape, model.symbols, what.next, what.offset)
  else if ('model' in what && what.offset > 0) what.transfer(saver)
  return saver
}

/**
 * Puts a checkpoint back: the same bits, so that what follows is as if nothing had stopped. Rejects with CheckpointError, which names the fault, when it is
 * damaged or fits no model.
 *
 *     const { model, stream } = await load(await readFile('model.safetensors'))
 *     rest$.pipe(learn(model, { from: stream }))
 */
export function load(bytes: Uint8Array | ArrayBuffer): Promise<Loaded>
/** @internal */
export function load(bytes: Uint8Array | ArrayBuffer, options?: SealOptions): Promise<Loaded>
export async function load(bytes: Uint8Array | ArrayBuffer, options: SealOptions = {}): Promise<Loaded> {
  const file = bytes instanceof ArrayBuffer ? new Uint8Array(bytes) : bytes
  return loadContents(await unseal(file, options), file.length)
}

/** The same from what a seal held; `length` is that of the file */
export function loadContents({ tensors, metadata }: Contents, length: number): Loaded {
  const archive = new Loader(tensors, metadata)
  const options = optionsOf(metadata)
  assertSizes(options, archive, length)
  const model = createModel(options)
  try {
    model.transfer(archive)
    const stream = archive.has('stream.offset') ? new StreamState(archive, model.symbols) : undefined
    // now, and not when it is needed
    if (stream !== undefined) model.tape(model.options, stream).free()
    return { model, stream, notes: notesOf(metadata), archive }
  } catch (error) {
    model.dispose()
    throw error instanceof RangeError ? new CheckpointError(error.message) : error
  }
}

/**
 * A model with the weights of PyTorch's nn.RNN, nn.GRU or nn.LSTM (batch_first or not, bias=True) and of an nn.Linear: tensors named as in their
 * state_dict, the Linear's as `output.weight` and `output.bias`, float32 (float64 with the reference backend). The input of the network is one-hot, the
 * symbols those of `vocabulary` in its order, symbol 0 being NOVEL. Rejects with CheckpointError.
 */
export function importWeights({ tensors }: Contents, vocabulary: string, options: Partial<ModelOptions> = {}): Model {
  const model = createModel({ ngram: 0, ...options })
  const characters = Float64Array.from(vocabulary, (character) => character.codePointAt(0)!)
  const list = { dtype: 'F64', shape: [characters.length], data: new Uint8Array(characters.buffer) } as const
  try {
    model.transferWeights(new Loader(new Map([...tensors, ['vocabulary', list]]), new Map([['counters', '{}']])))
    return model
  } catch (error) {
    model.dispose()
    throw error instanceof RangeError ? new CheckpointError(error.message) : error
  }
}

/** What options that a checkpoint may be older than were when there were none */
const UNKNOWN_BEFORE: Partial<ModelOptions> = { conductorBits: 0, learnAbove: 0 }

function optionsOf(metadata: ReadonlyMap<string, string>): ModelOptions {
  try {
    return modelOptions({ ...UNKNOWN_BEFORE, ...Object.fromEntries(Object.entries(JSON.parse(metadata.get(OPTIONS) ?? ''))) })
  } catch (error) {
    throw new CheckpointError(`its options are missing or wrong: ${messageOf(error)}`)
  }
}

function notesOf(metadata: ReadonlyMap<string, string>): ReadonlyMap<string, string> {
  return new Map([...metadata].filter(([key]) => key.startsWith(NOTE)).map(([key, text]) => [key.slice(NOTE.length), text]))
}

// a window of the longest kind on the largest network takes more than that, and is worth it only where the file is large, too
const MODEST = 48e6

/** Refuses options that would take far more memory than the file is worth, before it is taken */
function assertSizes({ cell, hidden, layers, ngram, tableBits, through, backend }: ModelOptions, archive: Loader, length: number): void {
  const dtype = backend === 'simd' ? 'F32' : 'F64'
  const size = backend === 'simd' ? 4 : 8
  const gates = CELLS[cell].gates * hidden
  archive.expect('weight_hh_l0', dtype, [gates, hidden])
  if (ngram > 0) archive.expectBytes('direct.table', 2 ** tableBits * 8 * size)
  const bytes = through * layers * (4 * hidden + 2 * gates) * size + layers * gates * hidden * 5 * size
  if (bytes > Math.max(MODEST, 16 * length)) {
    throw new CheckpointError(
      `a file of ${length} bytes asks for ${bytes} bytes of memory: through is ${through}, hidden ${hidden}, layers ${layers}`,
    )
  }
}
