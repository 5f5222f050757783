/** `npm run lab:screenshots`: pictures of the last rehearsal's report and terminal view, and a check of their accessibility. */
import { readFileSync } from 'node:fs'
import { mkdir, stat } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Browser, chromium, type Page } from 'playwright-core'
import type { RehearsalEvent } from '../src/lab/rehearsal/events.ts'
import type { Rehearsal } from '../src/lab/result.ts'
import { renderHtml } from '../src/lab/report/index.ts'
import { findChromium } from './screenshots/chromium.ts'
import { accessibilityFaults } from './screenshots/accessibility.ts'
import { terminalPage } from './screenshots/terminal-page.ts'

const root = fileURLToPath(new URL('..', import.meta.url))
const source = join(root, 'artifacts/rehearsal')
const target = join(root, 'docs/images')
const mostBytes = 400 * 1024

interface View {
  readonly file: string
  readonly scheme: 'light' | 'dark'
  readonly width: number
  readonly height: number
  readonly scale: number
}

const views: readonly View[] = [
  { file: 'report-light.png', scheme: 'light', width: 1080, height: 1500, scale: 1 },
  { file: 'report-dark.png', scheme: 'dark', width: 1080, height: 1500, scale: 1 },
  { file: 'report-phone.png', scheme: 'light', width: 360, height: 800, scale: 2 },
]

async function main(): Promise<void> {
  const rehearsal = read('rehearsal.json') as Rehearsal
  await mkdir(target, { recursive: true })
  const executablePath = await findChromium()
  const browser = await chromium.launch({
    executablePath,
    args: ['--no-sandbox', '--disable-gpu', '--no-first-run', '--disable-background-networking', '--disable-sync'],
  })
  try {
    const faults: string[] = []
    for (const view of views) {
      const page = await open(browser, view, renderHtml(rehearsal))
      for (const fault of await accessibilityFaults(page)) faults.push(`${view.file}: ${fault}`)
      await shoot(page, view.file)
    }
    const terminal = await open(
      browser,
      { file: 'terminal.png', scheme: 'dark', width: 1000, height: 620, scale: 1 },
      terminalPage(read('events.json') as RehearsalEvent[]),
    )
    await shoot(terminal, 'terminal.png', 'main')
    for (const fault of faults) console.error(fault)
    console.log(`axe-core ${axeVersion()}: ${faults.length} violations in ${views.length} views`)
    process.exitCode = faults.length === 0 ? 0 : 1
  } finally {
    await browser.close()
  }
}

function read(file: string): unknown {
  try {
    return JSON.parse(readFileSync(join(source, file), 'utf8'))
  } catch (error) {
    throw new Error(`artifacts/rehearsal/${file} cannot be read: run npm run lab first`, { cause: error })
  }
}

async function open(browser: Browser, view: View, content: string): Promise<Page> {
  const context = await browser.newContext({
    viewport: { width: view.width, height: view.height },
    deviceScaleFactor: view.scale,
    colorScheme: view.scheme,
    reducedMotion: 'reduce',
    offline: true,
    // The report's own policy would keep the checker out; it is not what is checked here.
    bypassCSP: true,
  })
  const page = await context.newPage()
  await page.setContent(content)
  return page
}

async function shoot(page: Page, file: string, selector?: string): Promise<void> {
  const path = join(target, file)
  if (selector === undefined) await page.screenshot({ path })
  else await page.locator(selector).screenshot({ path })
  const { size } = await stat(path)
  console.log(`docs/images/${file}: ${Math.round(size / 1024)} KiB`)
  if (size > mostBytes) throw new Error(`${file} is larger than ${mostBytes / 1024} KiB`)
}

function axeVersion(): string {
  return (createRequire(import.meta.url)('axe-core/package.json') as { version: string }).version
}

try {
  await main()
} catch (error) {
  console.error(`lab:screenshots: ${error instanceof Error ? error.message : String(error)}`)
  process.exitCode = 2
}
