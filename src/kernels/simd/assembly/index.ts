export { exp, log, tanh } from './math'
export { adagrad, sgd, squaredNorm } from './optimizers'
export { outputBackward, outputForward, softmaxForward } from './output'
export { rnnBackward, rnnForward } from './rnn'
