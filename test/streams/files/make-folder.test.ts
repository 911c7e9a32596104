import { mkdirSync, mkdtempSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { makeFolder } from '../../../streams/files/make-folder.ts'

const temporary = () => mkdtempSync(join(tmpdir(), 'rxrnn-folder-'))

test('makes what is missing of a path for its owner only, and leaves what is there as it is', async () => {
  const top = temporary()
  mkdirSync(join(top, 'there'), { mode: 0o755 })
  await makeFolder(join(top, 'there', 'a', 'b', 'c'))
  const modes = ['there', 'there/a', 'there/a/b', 'there/a/b/c'].map((path) => statSync(join(top, path)).mode & 0o777)
  expect(modes).toEqual([0o755, 0o700, 0o700, 0o700])
})

test('makes a path that several make at once', async () => {
  const path = join(temporary(), 'a', 'b', 'c')
  await Promise.all(Array.from({ length: 10 }, () => makeFolder(path)))
  expect(statSync(path).isDirectory()).toBe(true)
})

test('rejects where there is something else, also above', async () => {
  const top = temporary()
  writeFileSync(join(top, 'file'), '')
  symlinkSync(join(top, 'nowhere'), join(top, 'dangling'))
  symlinkSync('loop', join(top, 'loop'))
  const codeOf = (path: string) => makeFolder(join(top, path)).catch((error: NodeJS.ErrnoException) => error.code)
  const paths = ['file', 'file/a/b', 'dangling', 'dangling/a/b', 'loop', 'loop/a', 'x'.repeat(300)]
  expect(await Promise.all(paths.map(codeOf))).toEqual(['EEXIST', 'ENOTDIR', 'EEXIST', 'EEXIST', 'EEXIST', 'ELOOP', 'ENAMETOOLONG'])
})
