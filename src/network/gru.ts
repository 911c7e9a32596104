import type { Cell } from './cell.ts'

/** The gated recurrent unit, as PyTorch's nn.GRU: gates r, z and n. kernels/reference/gru.ts has the equations. */
export const gru: Cell = {
  gates: 3,
  kept: 4,
  hasCells: false,

  forwardStep(backend, { Whh, bhh }, { hs, gates, xs }, from, to, H) {
    backend.gruForward(hs, gates, xs, Whh.w, bhh.w, from, to, H)
  },

  backwardThroughTime(backend, { Whh, bhh }, { hs, dhs, gates, xs }, steps, H) {
    backend.gruBackward(Whh.dw, bhh.dw, dhs, xs, hs, gates, Whh.w, steps, H)
  },
}
