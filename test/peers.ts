import { spawnSync } from 'node:child_process'
import { test } from 'vitest'

/**
 * A test that needs a program of the system. Without it the test is skipped and says so, or fails when RXRNN_REQUIRE_PEERS is 1.
 */
export function testWithPeer(name: string, probe: readonly [command: string, ...args: string[]], fact: string, run: () => Promise<void>): void {
  const [command, ...args] = probe
  const present = spawnSync(command, args).status === 0
  if (present) return test(fact, run)
  if (process.env['RXRNN_REQUIRE_PEERS'] === '1') {
    return test(fact, () => {
      throw new Error(`${name} is not installed, and RXRNN_REQUIRE_PEERS is 1: .ci/run tells how to install it`)
    })
  }
  console.warn(`SKIPPED: "${fact}" needs ${name}, which is not installed (.ci/run tells how)`)
  test.skip(`${fact} (needs ${name})`, run)
}

export const PYTHON_WEBSOCKETS = ['python3-websockets', ['/usr/bin/python3', '-c', 'import websockets']] as const
export const CHROMIUM = ['chromium', ['chromium', '--version']] as const
export const PYTHON_TORCH = ['python3-torch', ['/usr/bin/python3', '-c', 'import torch']] as const
export const JQ = ['jq', ['jq', '--version']] as const
export const TMUX = ['tmux', ['tmux', '-V']] as const
export const OPENSSL = ['openssl', ['openssl', 'version']] as const
export const ZSH = ['zsh', ['zsh', '--version']] as const
export const FISH = ['fish', ['fish', '--version']] as const
export const NATS_SERVER = ['nats-server', ['nats-server', '--version']] as const
export const UNSHARE = ['the right to unshare', ['unshare', '--pid', '--fork', '--mount-proc', 'true']] as const

/** A browser that shows nothing and calls nobody */
export const CHROMIUM_ARGS: readonly string[] = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]
