import 'reflect-metadata'
import { All, Controller, Module, Req, Res, StreamableFile } from '@nestjs/common'
import { NestFactory } from '@nestjs/core'
import type { Request, Response } from 'express'
import { drain } from 'drain-server'
import { answer } from '../application/answer.ts'
import { listening, options, port, withHooks } from '../application/settings.ts'
import { addUpgrades } from '../application/upgrades.ts'

class Answers {
  async all(request: Request, response: Response): Promise<string | StreamableFile> {
    const { type, body } = await answer(request.url, () => request)
    response.type(type)
    return typeof body === 'string' ? body : new StreamableFile(body, { type })
  }
}

// oxlint-disable-next-line typescript/no-extraneous-class -- a module of Nest is a class
class Application {}

// What decorators do; node runs this file without compiling them.
const method = Object.getOwnPropertyDescriptor(Answers.prototype, 'all') as PropertyDescriptor
Req()(Answers.prototype, 'all', 0)
Res({ passthrough: true })(Answers.prototype, 'all', 1)
All('{*path}')(Answers.prototype, 'all', method)
Controller()(Answers)
Module({ controllers: [Answers] })(Application)

const app = await NestFactory.create(Application, { logger: false, bodyParser: false })
withHooks(drain(app, options))
addUpgrades(app.getHttpServer())
await app.listen(port, '127.0.0.1')
listening()
