import type { Asked } from './asker.ts'
import { lost } from './asker.ts'
import { getRequest, RawClient } from './raw-client.ts'
import type { RawClientOptions } from './raw-client.ts'

/** A GET on a connection of its own. */
export async function askHttp1(
  options: RawClientOptions,
  path: string,
  headers: Record<string, string>,
): Promise<Asked & RawClient> {
  const client = await RawClient.connect(options)
  client.send(getRequest(path, ...Object.entries(headers).map((line) => line.join(': '))))
  return Object.assign(client, { answered: answerOn(client) })
}

async function answerOn(client: RawClient): Promise<string> {
  while (client.ending === undefined && client.answers.length === 0) await client.receivesMore()
  return client.answers[0] ?? `${lost}${client.ending}`
}
