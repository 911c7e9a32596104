import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseSafetensorsMetadata } from '@huggingface/hub'
import { createModel, Learner, type ModelOptions, readSafetensors, save } from 'rxrnn'
import { afterAll, describe, expect, test } from 'vitest'
import { PYTHON_TORCH, testWithPeer } from '../peers.ts'

const folder = mkdtempSync(join(tmpdir(), 'rxrnn-test-'))
afterAll(() => rmSync(folder, { recursive: true }))

const CELLS: readonly ModelOptions['cell'][] = ['rnn', 'gru', 'lstm', 'mi']
const TEXT = 'to be or not to be, that is the question. '

function taught(options: Partial<ModelOptions>): Learner {
  const learner = new Learner(createModel({ hidden: 6, ngram: 0, ...options }))
  learner.learn(TEXT.repeat(5))
  return learner
}

/** Serves these bytes as a file of a hub */
function hubOf(bytes: Uint8Array<ArrayBuffer>): typeof fetch {
  return async (_, init) => {
    const [first = 0, last = bytes.length - 1] = new Headers(init?.headers).get('Range')?.match(/\d+/g)?.map(Number) ?? []
    const range = `bytes ${first}-${Math.min(last, bytes.length - 1)}/${bytes.length}`
    return new Response(bytes.subarray(first, last + 1), { status: 206, headers: { ETag: '"1"', 'Content-Range': range } })
  }
}

describe('a checkpoint in the eyes of others:', () => {
  test.each(CELLS)('@huggingface/hub finds the tensors of a %s where we say they are', async (cell) => {
    const bytes = new Uint8Array(await save(taught({ cell, ngram: 3, tableBits: 6, layers: 2 })))
    const read = await parseSafetensorsMetadata({ repo: 'a/b', path: 'model.safetensors', fetch: hubOf(bytes) })
    if (read.sharded) throw new Error('one file is no shards')
    const { __metadata__: metadata, ...theirs } = read.header
    const { tensors } = readSafetensors(bytes)
    const ours = Array.from(tensors, ([name, { dtype, shape }]) => [name, { dtype, shape: [...shape] }])
    expect(Object.entries(theirs).map(([name, { dtype, shape }]) => [name, { dtype, shape }])).toEqual(ours)
    const first = Math.min(...Array.from(tensors.values(), ({ data }) => data.byteOffset))
    for (const [name, { data_offsets }] of Object.entries(theirs)) {
      const { byteOffset, length } = tensors.get(name)!.data
      expect(data_offsets).toEqual([byteOffset - first, byteOffset - first + length])
    }
    expect(metadata).toMatchObject({ format: 'rxrnn/1' })
  })

  for (const cell of CELLS.filter((cell) => cell !== 'mi'))
    for (const layers of [1, 2])
      testWithPeer(...PYTHON_TORCH, `PyTorch loads a ${cell} of ${layers} and computes the same losses`, async () => {
        const { model } = taught({ cell, layers, backend: 'reference' })
        const path = join(folder, `${cell}-${layers}.safetensors`)
        writeFileSync(path, await save(model))
        const program = join(import.meta.dirname, '../fixtures/torch-reads.py')
        const { stdout, stderr } = spawnSync('/usr/bin/python3', [program, path, cell, TEXT], { encoding: 'utf8' })
        const ours = Array.from(new Learner(model).observe(TEXT)).slice(1)
        const theirs: readonly number[] = JSON.parse(stdout === '' ? `"${stderr}"` : stdout)
        expect(theirs).toHaveLength(ours.length)
        expect(Math.max(...theirs.map((loss, i) => Math.abs(loss - ours[i]!)))).toBeLessThan(1e-12)
      })
})
