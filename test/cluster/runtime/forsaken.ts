/** Starts a container whose program ignores every signal and has a child, tells of them, and waits to be killed. */
import { ProcessRuntime } from '../../../src/cluster/runtime/index.ts'

const stubborn = `process.on('SIGTERM', () => {}); process.on('SIGHUP', () => {}); setInterval(() => {}, 1e6);`
const runtime = new ProcessRuntime({ images: { node: { command: [process.execPath] } }, podEnvironment: () => ({}) })
const container = await runtime.start({
  podUid: 'uid',
  podName: 'pod',
  namespace: 'default',
  container: 'app',
  image: 'node',
  args: [
    '-e',
    `${stubborn}
    const child = require('child_process').spawn(process.execPath, ['-e', \`${stubborn}\`])
    console.log(process.pid + ' ' + child.pid + ' end')`,
  ],
  env: {},
  podIp: '127.0.0.1',
  terminationMessagePath: '/dev/termination-log',
})
while (!container.logs().includes('end')) await new Promise((resolve) => setTimeout(resolve, 10))
const pids = container.logs().split(' ').slice(0, 2).map(Number)
console.log(JSON.stringify({ pids, folder: runtime.folder }))
setInterval(() => {}, 1e6)
