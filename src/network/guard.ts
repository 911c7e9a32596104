import type { Archive } from '../archive.ts'
import type { Parameters } from './parameters.ts'

/** So many bad windows in a row are no accident of one window */
const PATIENCE = 3
/** Good updates between two copies of the parameters */
const KEEP_EVERY = 1024
/** The rate is not halved below this share, so that a learner can still recover */
const LEAST_SHARE = 2 ** -10

/**
 * Keeps a NaN or an infinity away from the parameters: a window whose losses or gradient are not finite is dropped, and after three in a row the
 * parameters and accumulators go back to where they last were good, to be learned from there at half the rate. The rate doubles again each time that
 * the parameters stayed good long enough to be copied: a stream has no end, and one fault must not slow it down forever.
 */
export class Guard<Tensor> {
  readonly #parameters: Parameters<Tensor>
  #lossesFinite = true
  #badInARow = 0
  #untilKept = 0
  #step = 0
  #keptStep = 0
  #dropped = 0
  #rollbacks = 0
  #share = 1

  constructor(parameters: Parameters<Tensor>) {
    this.#parameters = parameters
  }

  /** Windows that were not learned from */
  get dropped(): number {
    return this.#dropped
  }

  /** How often the parameters went back to where they last were good */
  get rollbacks(): number {
    return this.#rollbacks
  }

  /** Updates that led to the parameters */
  get step(): number {
    return this.#step
  }

  /** Which share of the learning rate the rollbacks left */
  get share(): number {
    return this.#share
  }

  /** Records whether all losses of a window that the next update is to learn from are finite */
  watch(finite: boolean): void {
    this.#lossesFinite &&= finite
  }

  /** The parameters were set from outside: the next good window is proof enough to keep them */
  renew(): void {
    this.#untilKept = 0
  }

  /** Whether the window that was watched may change the parameters; when it may, its update is counted */
  admits(gradientNorm: number): boolean {
    const good = this.#lossesFinite && Number.isFinite(gradientNorm)
    this.#lossesFinite = true
    if (good) this.#accept()
    else this.#refuse()
    return good
  }

  transfer(archive: Archive): void {
    const count = (name: string, value: number) => archive.integer(`guard.${name}`, value, 0, Number.MAX_SAFE_INTEGER)
    this.#lossesFinite = count('lossesFinite', Number(this.#lossesFinite)) > 0
    this.#badInARow = count('badInARow', this.#badInARow)
    this.#untilKept = count('untilKept', this.#untilKept)
    this.#step = count('step', this.#step)
    this.#keptStep = count('keptStep', this.#keptStep)
    this.#dropped = count('dropped', this.#dropped)
    this.#rollbacks = count('rollbacks', this.#rollbacks)
    this.#share = archive.real('guard.share', this.#share)
  }

  /** The parameters before this update are good: the window's losses and gradient came from them */
  #accept(): void {
    this.#badInARow = 0
    if (this.#untilKept === 0) {
      this.#parameters.keep()
      this.#keptStep = this.#step
      this.#untilKept = KEEP_EVERY
      this.#share = Math.min(1, 2 * this.#share)
    }
    this.#untilKept -= 1
    this.#step += 1
  }

  #refuse(): void {
    this.#dropped += 1
    this.#badInARow += 1
    if (this.#badInARow < PATIENCE) return
    this.#badInARow = 0
    this.#rollbacks += 1
    this.#share = Math.max(this.#share / 2, LEAST_SHARE)
    this.#parameters.restore()
    this.#step = this.#keptStep
    this.#untilKept = KEEP_EVERY
  }
}
