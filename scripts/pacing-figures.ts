import { aboutRun, checkRows, type CheckFigures, line, whole } from './figures.ts'

interface Harm {
  requests: number
  harmed: number
}

interface OutcomeFigures {
  name: string
  /** In all of the time that was watched. */
  window: Harm
  untilStopped?: Harm
  stoppedSeconds?: number
}

interface ScenarioFigures {
  checks: CheckFigures[]
  windowSeconds?: number
  outcomes?: OutcomeFigures[]
}

export interface PacingArtifact {
  pass: boolean
  figures: Record<string, ScenarioFigures | number>
  commands: string[]
  versions: Record<string, string>
}

/**
 * The block of docs/pacing.md: what bad versions harm, stopped and not; then every check of the run.
 *
 * @param again a later run of some scenarios, by `--only`: theirs count
 */
export function pacingFigures(run: PacingArtifact, again?: PacingArtifact): string {
  const scenarios = Object.entries({ ...run.figures, ...again?.figures }).flatMap(([name, figures]) =>
    typeof figures === 'number' ? [] : [{ name, figures }],
  )
  const repeated = Object.keys(again?.figures ?? {}).filter((name) => name !== 'seconds')
  return [
    '',
    line('', 'stopped after', 'harmed until then', 'harmed in all of the time'),
    line('---', '---:', '---:', '---:'),
    ...scenarios.flatMap(({ name, figures }) => harmRows(name, figures)),
    '',
    aboutRun(run),
    ...(again === undefined
      ? []
      : ['', `Run once more, and shown as it was then: ${repeated.join('; ')}. ${aboutRun(again)}`]),
    '',
    '<details><summary>Everything that was asked of that run</summary>',
    '',
    line('part', 'asked', 'found'),
    line('---', '---', '---'),
    ...scenarios.flatMap(({ name, figures }) => checkRows(name, figures.checks)),
    '',
    '</details>',
    '',
  ].join('\n')
}

function harmRows(name: string, { outcomes, windowSeconds }: ScenarioFigures): string[] {
  if (outcomes === undefined || windowSeconds === undefined) return []
  const harm = ({ harmed, requests }: Harm): string => `${whole.format(harmed)} of ${whole.format(requests)}`
  return [
    line(`**${name}**, ${windowSeconds} s`, '', '', ''),
    ...outcomes.map(({ name: outcome, window, untilStopped, stoppedSeconds }) =>
      line(
        kinds[outcome.slice(outcome.lastIndexOf('-') + 1)] ?? outcome,
        stoppedSeconds === undefined ? 'never' : `${stoppedSeconds.toFixed(1)} s`,
        untilStopped === undefined ? '' : `**${harm(untilStopped)}**`,
        harm(window),
      ),
    ),
  ]
}

const kinds: Readonly<Record<string, string>> = {
  plain: 'plain Deployment',
  fixed: 'a fixed step: `minReadySeconds` alone',
  paced: 'paced, `Pause`',
  pods: 'paced, `Pause`',
  rollback: 'paced, `Rollback`',
  prometheus: 'paced by Prometheus, `Pause`',
}
