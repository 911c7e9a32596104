export { crossEntropyStepBackward, outputBackwardStep, outputStep, softmax } from './reference/output.ts'
export { backwardStep, forwardStep, tanhBackward } from './reference/rnn.ts'
