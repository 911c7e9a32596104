import { spawnSync } from 'node:child_process'
import { test } from 'vitest'
import { skippedName } from './missing-peers.ts'

type Probe = readonly [command: string, ...args: string[]]

const present = new Map<string, boolean>()

function isPresent([command, ...args]: Probe): boolean {
  const key = [command, ...args].join('\0')
  const known = present.get(key) ?? spawnSync(command, args).status === 0
  present.set(key, known)
  return known
}

/**
 * A test that needs a program of the system. Without it the test is skipped and named at the end of the run, or fails when RXRNN_REQUIRE_PEERS is 1.
 */
export function testWithPeer(name: string, probe: Probe, fact: string, run: () => Promise<void>): void {
  if (isPresent(probe)) return test(fact, run)
  if (process.env['RXRNN_REQUIRE_PEERS'] === '1') {
    return test(fact, () => {
      throw new Error(`${name} is not installed, and RXRNN_REQUIRE_PEERS is 1: .ci/run shows how to install it`)
    })
  }
  test.skip(skippedName(fact, name), run)
}

export const BASH = ['bash', ['bash', '--version']] as const
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
