/** A checkpoint that cannot be trusted, or cannot be made. The message names the fault. */
export class CheckpointError extends Error {
  override readonly name = 'CheckpointError'
}
