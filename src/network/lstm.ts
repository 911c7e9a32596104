import type { Cell } from './cell.ts'

/** The long short-term memory, as PyTorch's nn.LSTM: gates i, f, g and o. kernels/reference/lstm.ts has the equations. */
export const lstm: Cell = {
  gates: 4,
  kept: 5,
  hasCells: true,

  forwardStep(backend, { Whh, bhh }, { hs, cs, gates, xs }, from, to, H) {
    backend.lstmForward(hs, cs, gates, xs, Whh.w, bhh.w, from, to, H)
  },

  backwardThroughTime(backend, { Whh, bhh }, { hs, cs, dhs, gates, xs }, steps, H) {
    backend.lstmBackward(Whh.dw, bhh.dw, dhs, xs, hs, cs, gates, Whh.w, steps, H)
  },
}
