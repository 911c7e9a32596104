import { type WasmMemory, webAssembly } from './webassembly.ts'

/*
 * One WebAssembly.Memory, and the blocks in it. Free blocks are kept in bins by size (two levels, as in TLSF of Masmano, Ripoll, Crespo and Real 2004),
 * and a block that is given back is joined with its free neighbours: what was created and dropped leaves nothing behind.
 */

/** A stretch of memory, in use or free */
export interface Block {
  address: number
  bytes: number
  /** Whether it is in a bin */
  free: boolean
  /** Its neighbours in memory */
  before: Block | undefined
  after: Block | undefined
  /** Its neighbours in its bin */
  previous: Block | undefined
  next: Block | undefined
}

const PAGE = 65536
const MAXIMUM_PAGES = 65536
// 16 MB
const LARGEST_RESERVE = 256
// a cache line: a row of a matrix never starts in the middle of a vector
const GRANULE = 64
// address 0 stays unused, so that it can mean "freed"
const START = 1024
// bins for each doubling of the size, so that rounding up to a bin's smallest size wastes at most 1/16
const SUBDIVISIONS = 16

export class Memory {
  readonly memory: WasmMemory
  /** The whole memory; made anew when it grows, so never keep it */
  floats: Float32Array
  integers: Int32Array
  readonly #bins: (Block | undefined)[] = []
  #last: Block | undefined
  #end = START
  #blocks = 0

  constructor() {
    this.memory = new (webAssembly().Memory)({ initial: 1, maximum: MAXIMUM_PAGES })
    this.floats = new Float32Array(this.memory.buffer)
    this.integers = new Int32Array(this.memory.buffer)
    this.#extend(PAGE)
  }

  /** Bytes of memory, in use or not */
  get size(): number {
    return this.#end
  }

  /** Blocks in use */
  get blocks(): number {
    return this.#blocks
  }

  /** A block of at least `bytes` bytes, whose content is arbitrary. Throws RangeError when memory is exhausted. */
  allocate(bytes: number): Block {
    const size = binSize(bytes)
    const block = this.#fitting(size) ?? this.#grow(size)
    this.#leaveBin(block)
    this.#split(block, size)
    this.#blocks += 1
    return block
  }

  /** Gives a block back. It must not be used again. */
  free(block: Block): void {
    this.#blocks -= 1
    this.#enterBin(this.#joinAfter(this.#joinBefore(block)))
  }

  #fitting(size: number): Block | undefined {
    for (let bin = binOf(size); bin < this.#bins.length; bin++) {
      const block = this.#bins[bin]
      if (block !== undefined) return block
    }
    return undefined
  }

  /** More memory: a quarter more than there is, up to a limit, when that can be had, so that growing is rare. Returns the free block at its end. */
  #grow(size: number): Block {
    const missing = size - (this.#last?.free === true ? this.#last.bytes : 0)
    const pages = Math.ceil(missing / PAGE)
    const wanted = Math.max(pages, Math.min(this.#end / PAGE / 4, LARGEST_RESERVE, MAXIMUM_PAGES - this.#end / PAGE) | 0)
    if (!this.#growBy(wanted) && !this.#growBy(pages)) {
      throw new RangeError(`no memory for ${size} more bytes: the models in this process share one WebAssembly memory, which holds ${this.#end} now`)
    }
    this.floats = new Float32Array(this.memory.buffer)
    this.integers = new Int32Array(this.memory.buffer)
    return this.#extend(this.memory.buffer.byteLength)
  }

  #growBy(pages: number): boolean {
    if (this.#end / PAGE + pages > MAXIMUM_PAGES) return false
    try {
      this.memory.grow(pages)
      return true
    } catch {
      return false
    }
  }

  #extend(end: number): Block {
    const block = newBlock(this.#end, end - this.#end, this.#last, undefined)
    if (this.#last !== undefined) this.#last.after = block
    this.#last = block
    this.#end = end
    const joined = this.#joinBefore(block)
    this.#enterBin(joined)
    return joined
  }

  /** Keeps `size` bytes of a block and frees the others */
  #split(block: Block, size: number): void {
    if (block.bytes === size) return
    const rest = newBlock(block.address + size, block.bytes - size, block, block.after)
    if (block.after === undefined) this.#last = rest
    else block.after.before = rest
    block.after = rest
    block.bytes = size
    this.#enterBin(rest)
  }

  #joinBefore(block: Block): Block {
    const { before } = block
    if (before?.free !== true) return block
    this.#leaveBin(before)
    return this.#join(before, block)
  }

  #joinAfter(block: Block): Block {
    const { after } = block
    if (after?.free !== true) return block
    this.#leaveBin(after)
    return this.#join(block, after)
  }

  #join(block: Block, after: Block): Block {
    block.bytes += after.bytes
    block.after = after.after
    if (after.after === undefined) this.#last = block
    else after.after.before = block
    return block
  }

  #enterBin(block: Block): void {
    const bin = binOf(block.bytes)
    while (this.#bins.length <= bin) this.#bins.push(undefined)
    const first = this.#bins[bin]
    block.free = true
    block.previous = undefined
    block.next = first
    if (first !== undefined) first.previous = block
    this.#bins[bin] = block
  }

  #leaveBin(block: Block): void {
    if (block.previous === undefined) this.#bins[binOf(block.bytes)] = block.next
    else block.previous.next = block.next
    if (block.next !== undefined) block.next.previous = block.previous
    block.free = false
  }
}

function newBlock(address: number, bytes: number, before: Block | undefined, after: Block | undefined): Block {
  return { address, bytes, free: false, before, after, previous: undefined, next: undefined }
}

/** The bin of the blocks of this size: sizes below 16 granules have a bin each, above there are 16 bins for each doubling */
function binOf(bytes: number): number {
  const granules = bytes / GRANULE
  if (granules < SUBDIVISIONS) return granules
  const shift = shiftOf(granules)
  return SUBDIVISIONS * shift + (granules >>> shift)
}

/** The smallest size that is not below `bytes` and that a bin starts with, so that every block of that bin is large enough */
function binSize(bytes: number): number {
  const granules = Math.max(1, Math.ceil(bytes / GRANULE))
  if (granules > (MAXIMUM_PAGES * PAGE) / GRANULE) throw new RangeError(`no memory can hold ${bytes} bytes`)
  const step = GRANULE << shiftOf(granules)
  return Math.ceil((granules * GRANULE) / step) * step
}

/** How often a number of granules must be halved to be below 32 */
function shiftOf(granules: number): number {
  return Math.max(0, 27 - Math.clz32(granules))
}
