import type { Backend } from './backend.ts'

// a last resort for owners that were forgotten, so one for all is enough
const forgotten = new FinalizationRegistry<() => void>((free) => free())

const LARGE = 2 ** 16
// twice a float32: at once it took 219 MB for 200 models that came and went, under load, and takes 170
const BYTES = 8

/** Tensors that are freed together: by `free`, or at the latest when the object that owns them is garbage collected. */
export class Scope<Tensor> {
  readonly #backend: Backend<Tensor>
  readonly #tensors: Set<Tensor>
  /** Twice as large as large tensors are, and never touched, so that it takes no memory: the engine does not see those, and collects garbage early for it */
  readonly #ballast: ArrayBuffer[] = []
  #freed = false

  constructor(backend: Backend<Tensor>, owner: object) {
    const tensors = new Set<Tensor>()
    this.#backend = backend
    this.#tensors = tensors
    forgotten.register(owner, () => freeAll(backend, tensors), this)
  }

  get freed(): boolean {
    return this.#freed
  }

  zeros(rows: number, columns: number): Tensor {
    const tensor = this.#backend.zeros(rows, columns)
    this.#tensors.add(tensor)
    if (rows * columns > LARGE) this.#ballast.push(new ArrayBuffer(rows * columns * BYTES))
    return tensor
  }

  /** The tensor in a larger shape; the old handle must not be used again */
  grow(tensor: Tensor, rows: number, columns: number, oldColumns: number): Tensor {
    const grown = this.#backend.grow(tensor, rows, columns, oldColumns)
    this.#tensors.delete(tensor)
    this.#tensors.add(grown)
    return grown
  }

  free(): void {
    if (this.#freed) return
    this.#freed = true
    forgotten.unregister(this)
    this.#ballast.length = 0
    freeAll(this.#backend, this.#tensors)
  }
}

function freeAll<Tensor>(backend: Backend<Tensor>, tensors: Set<Tensor>): void {
  for (const tensor of tensors) backend.free(tensor)
  tensors.clear()
}
