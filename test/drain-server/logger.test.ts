import { expect, test } from 'vitest'
import { jsonLogger } from '../../src/drain-server/logger.ts'

test('each entry is a line of JSON with its level, message and fields', () => {
  const lines: string[] = []
  const logger = jsonLogger((line) => lines.push(line))
  logger.info({ trigger: 'preStop' }, 'drain began')
  logger.warn({}, 'two\nlines')
  logger.error({ error: 'boom' }, 'failed')
  expect(lines).toEqual([
    '{"level":"info","message":"drain began","trigger":"preStop"}\n',
    '{"level":"warn","message":"two\\nlines"}\n',
    '{"level":"error","message":"failed","error":"boom"}\n',
  ])
})
