import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { Option } from 'commander';
import type { PostmortemFacts } from '../../shared/postmortem/postmortem-facts.js';
import { renderChart } from '../../shared/postmortem/render-chart.js';
import { renderPostmortem } from '../../shared/postmortem/render-postmortem.js';
import type { RegisterCommand } from '../command.js';
import { findBackends } from '../find-backends.js';
import { readFromApi } from '../incident-api-client.js';
import { stackName, stackNameHelp } from '../stack-name.js';

interface PostmortemOptions {
  readonly name?: string;
  readonly format: 'md' | 'json';
}

export const registerPostmortem: RegisterCommand = (program, { environment, print }) => {
  program
    .command('postmortem <id>')
    .description("Write an incident's post-mortem and chart from its record; prints where")
    .addOption(
      new Option('--format <format>', 'json prints the facts and writes nothing')
        .choices(['md', 'json'])
        .default('md'),
    )
    .option('--name <name>', stackNameHelp, stackName)
    .action(async (id: string, { name, format }: PostmortemOptions) => {
      const { incidentApiUrl, stateFolder } = await findBackends(environment, name);
      const facts = (await readFromApi(
        { url: incidentApiUrl, token: environment.SERVICE_TOKEN },
        `/incidents/${encodeURIComponent(id)}/postmortem?format=json`,
      )) as PostmortemFacts;
      print(
        format === 'json'
          ? JSON.stringify(facts, null, 2)
          : await writePostmortem(facts, path.join(stateFolder, 'reports')),
      );
    });
};

/** Writes `<incident>.md` and, when there are series, `<incident>.svg`. Returns the path of the Markdown. */
async function writePostmortem(facts: PostmortemFacts, folder: string): Promise<string> {
  const { name } = facts.incident;
  await mkdir(folder, { recursive: true });
  const chart = renderChart(facts);
  if (chart !== null) await writeFile(path.join(folder, `${name}.svg`), chart);
  const report = path.join(folder, `${name}.md`);
  await writeFile(report, renderPostmortem(facts, `${name}.svg`));
  return report;
}
