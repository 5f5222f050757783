import 'reflect-metadata'
import { setTimeout as sleep } from 'node:timers/promises'
import { Controller, Get, Module } from '@nestjs/common'
import { NestFactory } from '@nestjs/core'
import { drain } from 'drain-server'

class Greetings {
  hello(): string {
    return 'hello\n'
  }

  async slow(): Promise<string> {
    await sleep(1000)
    return 'done\n'
  }

  onApplicationShutdown(): void {
    console.error('the database pool would be closed here')
  }
}

// @Get() hello(), @Get('slow') slow(), @Controller() class Greetings and @Module(...) class Application, in a file that
// Node runs without compiling it.
for (const [path, name] of [
  ['/', 'hello'],
  ['/slow', 'slow'],
] as const) {
  const method = Object.getOwnPropertyDescriptor(Greetings.prototype, name)
  if (method !== undefined) Get(path)(Greetings.prototype, name, method)
}
Controller()(Greetings)

// oxlint-disable-next-line typescript/no-extraneous-class -- a module of Nest is a class
class Application {}
Module({ controllers: [Greetings] })(Application)

const app = await NestFactory.create(Application, { logger: false })
drain(app)
await app.listen(Number(process.env['PORT'] ?? 8080))
