import { Loader, Saver } from '../../src/checkpoint/archives.ts'
import type { Archive } from '../../src/archive.ts'

/** Gives the saved state of one part to another one */
export function restored<Part extends { transfer(archive: Archive): void }>(part: Part, other: Part): Part {
  const saver = new Saver()
  part.transfer(saver)
  other.transfer(new Loader(saver.tensors, saver.metadata))
  return other
}
