import { runCommand } from '../command.ts'
import type { Addresses } from './addresses.ts'
import type { Machine } from './machine.ts'
import { searchPath } from './packages.ts'

/** Name of this machine's end of its link into a cluster. At most 15 bytes, as the kernel wants. */
export function hostLink(x: number): string {
  return `drainkeeper${x}`
}

/** The networks that this machine has addresses in or routes to. */
export async function networksInUse(): Promise<readonly string[]> {
  const lines = (
    await runCommand(['ip', '-4', 'route', 'show', 'table', 'all'], { env: { PATH: searchPath() } })
  ).split('\n')
  // A line is `DESTINATION dev ...`, or `local DESTINATION dev ...` and the like.
  return lines.flatMap((line) => line.trim().split(' ').slice(0, 2)).filter((word) => /^\d+\./.test(word))
}

/**
 * Connects the machines: a bridge in the control plane, a link from it to each node and one to this machine. There is
 * no way out to any other network. All of it is gone with the machines.
 */
export async function connectMachines(
  x: number,
  addresses: Addresses,
  controlPlane: Machine,
  nodes: readonly Machine[],
): Promise<void> {
  const bridgeHolder = await controlPlane.firstProcess()
  const links = [`link add ${hostLink(x)} type veth peer name host netns ${bridgeHolder}`]
  for (const [index, node] of nodes.entries()) {
    const peer = `type veth peer name eth0 netns ${await node.firstProcess()}`
    links.push(`link add ${port(index)} netns ${bridgeHolder} ${peer}`)
  }
  await batch(['ip'], links)
  await batch(['ip'], [`addr add ${addresses.host}/24 dev ${hostLink(x)}`, `link set ${hostLink(x)} up`])
  await batch(await controlPlane.command(['ip'], 'network'), [
    'link set lo up',
    'link add bridge0 type bridge',
    `addr add ${addresses.controlPlane}/24 dev bridge0`,
    'link set bridge0 up',
    'link set host master bridge0 up',
    ...nodes.map((_, index) => `link set ${port(index)} master bridge0 up`),
    ...nodes.map((_, index) => podRoute(addresses, index + 1)),
  ])
  for (const [index, node] of nodes.entries()) {
    const others = [...nodes.keys()].filter((other) => other !== index)
    await batch(await node.command(['ip'], 'network'), [
      'link set lo up',
      `addr add ${addresses.node(index + 1)}/24 dev eth0`,
      'link set eth0 up',
      // A Service's address is rewritten after the route is looked up, so there has to be some route to it.
      `route add ${addresses.serviceRange} dev eth0`,
      ...others.map((other) => podRoute(addresses, other + 1)),
    ])
    await runCommand(await node.command(['sh', '-c', 'echo 1 >/proc/sys/net/ipv4/ip_forward'], 'network'))
  }
}

/** Takes the link of the node with this index (from 0) up or down, at the control plane's end. */
export async function setNodeLink(controlPlane: Machine, index: number, state: 'up' | 'down'): Promise<void> {
  await batch(await controlPlane.command(['ip'], 'network'), [`link set ${port(index)} ${state}`])
}

/** Removes this machine's end of the link, if it is there. */
export async function removeHostLink(x: number): Promise<void> {
  await runCommand(['sh', '-c', `! ip link show ${hostLink(x)} >/dev/null 2>&1 || ip link del ${hostLink(x)}`], {
    env: { PATH: searchPath() },
  })
}

function podRoute(addresses: Addresses, number: number): string {
  return `route add ${addresses.podRange(number)} via ${addresses.node(number)}`
}

function port(index: number): string {
  return `node${index + 1}`
}

async function batch(ip: readonly string[], lines: readonly string[]): Promise<void> {
  await runCommand([...ip, '-batch', '-'], { input: `${lines.join('\n')}\n`, env: { PATH: searchPath() } })
}
