/** What was to be decompressed cannot be: it is something else, or damaged, or of another version. The message says which. */
export class DecompressionError extends Error {
  override readonly name: string = 'DecompressionError'
}

/** It was compressed, but bytes have changed since */
export class DamagedError extends DecompressionError {
  override readonly name = 'DamagedError'

  constructor() {
    super('the compressed text is damaged')
  }
}
