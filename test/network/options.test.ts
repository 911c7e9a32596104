import { createModel, OptionError } from '../../src/index.ts'
import { modelOptions } from '../../src/network/options.ts'
import { describe, expect, test } from 'vitest'

/** What a program without types may pass */
function optionsOf(given: unknown): ReturnType<typeof modelOptions> {
  return Reflect.apply(modelOptions, undefined, [given])
}

function errorOf(given: unknown): OptionError {
  try {
    optionsOf(given)
  } catch (error) {
    if (error instanceof OptionError) return error
    throw error
  }
  throw new Error(`${String(given)} is allowed`)
}

describe('modelOptions', () => {
  test('fills in what is not given', () => {
    expect(modelOptions({ preset: 'min-char-rnn' })).toEqual({
      cell: 'rnn',
      hidden: 100,
      layers: 1,
      ngram: 0,
      tableBits: 4,
      ngramLearningRate: 0.8,
      conductorBits: 0,
      every: 25,
      through: 25,
      learnAbove: 0,
      optimizer: 'adagrad',
      learningRate: 0.1,
      decay: 0,
      rateFloor: 0,
      momentum: 0,
      beta1: 0,
      beta2: 0.9998,
      clip: 5,
      clipNorm: 0,
      deviation: 0.01,
      seed: 1,
      alphabet: 'characters',
      vocabularyLimit: 1024,
      backend: 'simd',
    })
  })

  test('scales the initial weights to the width, but for the preset min-char-rnn', () => {
    expect(modelOptions({ hidden: 25 }).deviation).toBe(0.2)
    expect(modelOptions({ hidden: 25, deviation: 0.5 }).deviation).toBe(0.5)
    expect(modelOptions({ preset: 'min-char-rnn', hidden: 25 }).deviation).toBe(0.01)
    expect(modelOptions({ preset: 'min-char-rnn', deviation: 0.5 }).deviation).toBe(0.5)
  })

  test('gives each optimizer rates of its own, unless others are given', () => {
    expect(modelOptions()).toMatchObject({ optimizer: 'adam', learningRate: 0.002, decay: 3000, rateFloor: 0.5, beta1: 0, beta2: 0.9998 })
    expect(modelOptions({ optimizer: 'adagrad' })).toMatchObject({ learningRate: 0.1, decay: 0 })
    expect(modelOptions({ optimizer: 'adagrad', learningRate: 0.2 }).learningRate).toBe(0.2)
    expect(modelOptions({ preset: 'min-char-rnn', optimizer: 'adam' })).toMatchObject({ learningRate: 0.002, decay: 3000 })
  })

  test.each([
    ['default', { cell: 'mi', hidden: 24, ngram: 4, tableBits: 20, conductorBits: 12, vocabularyLimit: 1024 }],
    ['large', { cell: 'mi', hidden: 128, ngram: 5, tableBits: 22, conductorBits: 12, vocabularyLimit: 1024 }],
    ['small', { cell: 'mi', hidden: 24, ngram: 4, tableBits: 13, conductorBits: 6, vocabularyLimit: 192 }],
  ])('knows the preset %s', (preset, expected) => {
    expect(optionsOf({ preset })).toMatchObject({ ...expected, optimizer: 'adam', learningRate: 0.002, every: 25 })
    expect(optionsOf({ preset, cell: 'lstm' })).toMatchObject({ ...expected, cell: 'lstm' })
  })

  test('lets through follow every upwards unless it is given', () => {
    expect(modelOptions({ every: 40 }).through).toBe(40)
    expect(modelOptions({ every: 5 }).through).toBe(25)
    expect(modelOptions({ every: 5, through: 5 }).through).toBe(5)
  })

  test.each([
    ['hidden is 0, but it must be a whole number from 1 to 4096', 'hidden', 0],
    ['hidden is 4097, but it must be a whole number from 1 to 4096', 'hidden', 4097],
    ['hidden is 2.5, but it must be a whole number from 1 to 4096', 'hidden', 2.5],
    ['hidden is "8", but it must be a whole number from 1 to 4096', 'hidden', '8'],
    ['hidden is undefined, but it must be a whole number from 1 to 4096', 'hidden', undefined],
    ['hidden is null, but it must be a whole number from 1 to 4096', 'hidden', null],
    ['hidden is true, but it must be a whole number from 1 to 4096', 'hidden', true],
    ['hidden is an object, but it must be a whole number from 1 to 4096', 'hidden', [8]],
    ['hidden is 8n, but it must be a whole number from 1 to 4096', 'hidden', 8n],
    ['hidden is an object, but it must be a whole number from 1 to 4096', 'hidden', Object.create(null)],
    ['every is 0, but it must be a whole number from 1 to 10000', 'every', 0],
    ['through is Infinity, but it must be a whole number from 1 to 10000', 'through', Infinity],
    ['learningRate is NaN, but it must be a number from 0 to 10', 'learningRate', NaN],
    ['learningRate is -0.1, but it must be a number from 0 to 10', 'learningRate', -0.1],
    ['clip is 0, but it must be a number from 0.000001 to 1000000', 'clip', 0],
    ['clipNorm is -1, but it must be a number from 0 to 1000000', 'clipNorm', -1],
    ['beta2 is 1, but it must be a number from 0 to 0.999999', 'beta2', 1],
    ['momentum is 1, but it must be a number from 0 to 0.9999', 'momentum', 1],
    ['rateFloor is 1.5, but it must be a number from 0 to 1', 'rateFloor', 1.5],
    ['deviation is -1, but it must be a number from 0 to 10', 'deviation', -1],
    ['seed is -1, but it must be a whole number from 0 to 4294967295', 'seed', -1],
    ['seed is 4294967296, but it must be a whole number from 0 to 4294967295', 'seed', 2 ** 32],
    ['vocabularyLimit is 1, but it must be a whole number from 2 to 16384', 'vocabularyLimit', 1],
    ['optimizer is "magic", but it must be one of sgd, adagrad, leaky-adagrad, rmsprop, adam', 'optimizer', 'magic'],
    ['cell is "qrnn", but it must be one of rnn, gru, lstm, mi', 'cell', 'qrnn'],
    ['conductorBits is 17, but it must be a whole number from 0 to 16', 'conductorBits', 17],
    ['learnAbove is -1, but it must be a number from 0 to 100', 'learnAbove', -1],
    ['layers is 0, but it must be a whole number from 1 to 4', 'layers', 0],
    ['layers is 5, but it must be a whole number from 1 to 4', 'layers', 5],
    ['alphabet is "words", but it must be one of characters, bytes', 'alphabet', 'words'],
    ['preset is "huge", but it must be one of default, small, large, min-char-rnn', 'preset', 'huge'],
    ['preset is "__proto__", but it must be one of default, small, large, min-char-rnn', 'preset', '__proto__'],
    ['preset is "constructor", but it must be one of default, small, large, min-char-rnn', 'preset', 'constructor'],
  ])('says %s', (message, option, value) => {
    const error = errorOf({ [option]: value })
    expect(error.message).toBe(message)
    expect(error).toMatchObject({ name: 'OptionError', option })
  })

  test('refuses through below every', () => {
    const error = errorOf({ every: 30, through: 20 })
    expect(error).toMatchObject({ option: 'through', message: 'through is 20, but it must be at least every, which is 30' })
    expect(errorOf({ every: 26, through: 25 }).option).toBe('through')
  })

  test.each(['hiden', 'constructor', 'toString', 'hasOwnProperty', '__proto__', ''])('refuses the unknown option "%s"', (name) => {
    // as JSON has it: a property of its own, even when it is called __proto__
    const error = errorOf(JSON.parse(`{"${name}":1}`))
    expect(error).toMatchObject({ option: name })
    expect(error.message).toMatch(new RegExp(`^there is no option ${name}; the options are preset, cell, hidden, layers, `))
  })

  test('leaves prototypes alone', () => {
    errorOf(JSON.parse('{"__proto__":{"hidden":3}}'))
    expect(modelOptions().hidden).toBe(24)
    expect(Object.hasOwn(Object.prototype, 'hidden')).toBe(false)
  })

  test('is what createModel checks its options with', () => {
    expect(() => createModel({ hidden: 0 })).toThrow(OptionError)
    expect(createModel({ hidden: 7 }).options).toEqual(modelOptions({ hidden: 7 }))
  })
})
