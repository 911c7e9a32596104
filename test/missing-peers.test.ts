import { expect, test } from 'vitest'
import { closingLine, peerOf, skippedName } from './missing-peers.ts'

test('a test that is skipped for want of a program names it', () => {
  expect(peerOf(skippedName('draws a page (twice)', 'chromium'))).toBe('chromium')
  expect(peerOf('draws a page (twice)')).toBeUndefined()
})

test('one line says which programs were missing, and how many tests of which files were not tried', () => {
  const skipped = [
    { peer: 'jq', file: 'cli/reading' },
    { peer: 'chromium', file: 'server/page' },
    { peer: 'chromium', file: 'dashboard/page' },
    { peer: 'chromium', file: 'dashboard/page' },
  ]
  expect(closingLine(skipped)).toBe(
    'Not tried (4 tests), as programs are missing: chromium (3 in dashboard/page, server/page); jq (1 in cli/reading). .ci/run installs them.',
  )
  expect(closingLine([])).toBeUndefined()
})
