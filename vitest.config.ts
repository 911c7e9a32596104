import { defineConfig } from 'vitest/config'
import { MissingPeers } from './test/missing-peers.ts'

export default defineConfig({
  test: { include: ['test/**/*.test.ts'], testTimeout: 60_000, hookTimeout: 60_000, reporters: ['default', new MissingPeers()] },
})
