import type { Cell } from './cell.ts'

/** h = tanh(x + Whh h' + bhh), as PyTorch's nn.RNN. The kernels take a row of weights for each symbol: here that of each step is its own. */
export const vanilla: Cell = {
  gates: 1,
  kept: 0,
  hasCells: false,

  forwardStep(backend, { Whh, bhh }, { hs, xs, ordinals }, from, to, H) {
    backend.rnnForward(hs, ordinals, xs, Whh.w, bhh.w, from, to, H)
  },

  backwardThroughTime(backend, { Whh, bhh }, { hs, dhs, xs, ordinals }, steps, H) {
    backend.clear(xs)
    backend.rnnBackward(xs, Whh.dw, bhh.dw, dhs, hs, ordinals, Whh.w, steps, H)
  },
}
