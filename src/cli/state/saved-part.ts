import type { Archive } from '../../archive.ts'

/** Part of the state beside the model and its stream */
export interface Kept {
  transfer(archive: Archive): void
}
