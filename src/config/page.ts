import { options } from './options.ts'

/** The text of `docs/reference/configuration.md`. */
export function configurationPage(): string {
  const rows = Object.values(options).map(
    ({ flag, env, shownDefault, doc }) => `| \`${flag}\` | \`${env}\` | ${cell(shownDefault)} | ${cell(doc)} |`,
  )
  return [
    '# Configuration',
    '',
    'Made by `npm run gen` from `src/config/options.ts`. What stands on the command line goes before the environment,',
    'the environment before the default. An empty variable counts as not set.',
    '',
    '| option | environment | default | meaning |',
    '| --- | --- | --- | --- |',
    ...rows,
    '',
    'What belongs to one portal (its title, language, time zone …) is kept in the portal: see `cordboard setting list`.',
    '',
  ].join('\n')
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|')
}
