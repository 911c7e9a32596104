import type { Cell } from './cell.ts'

/** Multiplicative integration. kernels/reference/mi.ts has the equations. */
export const mi: Cell = {
  gates: 1,
  kept: 2,
  hasCells: false,

  forwardStep(backend, { Whh, bhh, factors }, { hs, gates, xs }, from, to, H) {
    backend.miForward(hs, gates, xs, Whh.w, factors!.w, bhh.w, from, to, H)
  },

  backwardThroughTime(backend, { Whh, bhh, factors }, { hs, dhs, gates, xs }, steps, H) {
    backend.miBackward(Whh.dw, factors!.dw, bhh.dw, dhs, xs, hs, gates, Whh.w, factors!.w, steps, H)
  },
}
