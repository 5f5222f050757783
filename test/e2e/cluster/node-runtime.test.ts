import { expect, test } from 'vitest'
import { nodeRuntimeFiles, sharedLibraries } from '../../../e2e/cluster/node-runtime.ts'

const LDD = `\tlinux-vdso.so.1 (0x00007f8246722000)
\tlibdl.so.2 => /lib/x86_64-linux-gnu/libdl.so.2 (0x00007f824670c000)
\tlibc.so.6 => /lib/x86_64-linux-gnu/libc.so.6 (0x00007f82461fe000)
\t/lib64/ld-linux-x86-64.so.2 (0x00007f8246724000)
`

test('the libraries and the loader that ldd names are taken, and not what only the kernel has', () => {
  expect(sharedLibraries(LDD)).toEqual([
    '/lib/x86_64-linux-gnu/libc.so.6',
    '/lib/x86_64-linux-gnu/libdl.so.2',
    '/lib64/ld-linux-x86-64.so.2',
  ])
})

test('a static program needs none', () => {
  expect(sharedLibraries('\tstatically linked\n')).toEqual([])
})

test('a library that is not installed is named', () => {
  expect(() => sharedLibraries('\tlibfoo.so.1 => not found\n')).toThrow(
    'the shared library libfoo.so.1 is not installed',
  )
})

test.runIf(process.platform === 'linux')(
  'the runtime of this Node has Node, a user without rights, and a /tmp for all',
  async () => {
    const files = await nodeRuntimeFiles()
    expect(files).toContainEqual({ path: '/usr/local/bin/node', from: process.execPath, mode: 0o755 })
    expect(files).toContainEqual({ path: '/tmp', directory: true, mode: 0o1777 })
    expect(files).toContainEqual(
      expect.objectContaining({ path: '/etc/passwd', content: expect.stringContaining('65532') }),
    )
  },
)
