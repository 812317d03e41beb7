import type { IRunDetail } from '../client/tokens';
import { parseRequirements } from '../models/environment';
import { IModelFile, parseMLmodel } from '../models/mlmodel';
import { IVersion, modelIdOf, versionURI } from '../models/registry';
import { describeType, IColumn } from '../models/signature';
import { english, formatBytes, ITrans } from '../text';
import type { RegistryClient } from './client';

/** One side of a comparison. */
export interface ISide {
  version: IVersion;
  file: IModelFile | null;
  run: IRunDetail | null;
  /** Text of requirements.txt. */
  requirements: string | null;
}

/** A line of the comparison. */
export interface IDifference {
  name: string;
  left: string | null;
  right: string | null;
}

/** Lines of one kind. */
export interface IComparison {
  title: string;
  lines: IDifference[];
}

/** Fetches what a version consists of; what cannot be had is null. */
export async function fetchSide(
  client: RegistryClient,
  version: IVersion,
  trans: ITrans = english
): Promise<ISide> {
  const uri = versionURI(version);
  const [text, requirements] = await Promise.all([
    client.text(uri, 'MLmodel'),
    client.text(uri, 'requirements.txt')
  ]);
  let file: IModelFile | null = null;
  try {
    file = text === null ? null : parseMLmodel(text, trans);
  } catch {
    file = null;
  }
  const runId = version.run_id || file?.runId || null;
  const run = runId ? await client.run(runId).catch(() => null) : null;
  return { version, file, run, requirements };
}

/** Two versions side by side: model, signature, params, metrics, environment. */
export function compareSides(
  left: ISide,
  right: ISide,
  trans: ITrans = english
): IComparison[] {
  const both = <T>(of: (side: ISide) => T): [T, T] => [of(left), of(right)];
  const section = (
    title: string,
    of: (side: ISide) => Map<string, string>
  ): IComparison => {
    const [a, b] = both(of);
    const names = [...new Set([...a.keys(), ...b.keys()])];
    return {
      title,
      lines: names.map(name => ({
        name,
        left: a.get(name) ?? null,
        right: b.get(name) ?? null
      }))
    };
  };
  return [
    section(trans.__('Model'), side => aboutModel(side, trans)),
    section(trans.__('Signature'), side => signatureOf(side.file, trans)),
    section(trans.__('Params'), side =>
      sorted(Object.entries(side.run?.params ?? {}))
    ),
    section(trans.__('Metrics'), side =>
      sorted(
        (side.run?.metrics ?? []).map(metric => [
          metric.key,
          String(metric.last)
        ])
      )
    ),
    section(trans.__('Environment'), side =>
      environmentOf(side.requirements, side.file, trans)
    )
  ].filter(part => part.lines.length > 0);
}

/** Whether the two sides of a line differ. */
export function differs(line: IDifference): boolean {
  return line.left !== line.right;
}

function aboutModel(side: ISide, trans: ITrans): Map<string, string> {
  const { version, file, run } = side;
  const facts: [string, string | null | undefined][] = [
    [trans.__('Flavors'), file?.flavors.map(flavor => flavor.name).join(', ')],
    [
      trans.__('Size'),
      typeof file?.sizeBytes === 'number' ? formatBytes(file.sizeBytes) : null
    ],
    [trans.__('Model id'), modelIdOf(version)],
    [trans.__('Run'), run?.run.name || version.run_id],
    [trans.__('Notebook'), run?.run.notebook],
    [trans.__('Stage'), version.current_stage],
    [trans.__('Description'), version.description]
  ];
  return new Map(facts.filter((fact): fact is [string, string] => !!fact[1]));
}

function signatureOf(
  file: IModelFile | null,
  trans: ITrans
): Map<string, string> {
  const found = new Map<string, string>();
  const add = (words: string, columns: IColumn[] | null | undefined): void =>
    columns?.forEach((column, index) =>
      found.set(
        `${words} ${column.name ?? index}`,
        describeType(column.type) +
          (column.required ? '' : ` ${trans.__('(optional)')}`)
      )
    );
  const { inputs, outputs, params } = file?.signature ?? {};
  add(trans.__('input'), inputs);
  add(trans.__('output'), outputs);
  params?.forEach(param =>
    found.set(
      trans.__('param %1', param.name ?? ''),
      `${describeType(param.type)} = ${JSON.stringify(param.default)}`
    )
  );
  return found;
}

function environmentOf(
  text: string | null,
  file: IModelFile | null,
  trans: ITrans
): Map<string, string> {
  const found: [string, string][] = [];
  if (file?.pythonVersion) {
    found.push(['python', file.pythonVersion]);
  }
  if (file?.mlflowVersion) {
    found.push([trans.__('mlflow (saved with)'), file.mlflowVersion]);
  }
  try {
    for (const item of text === null
      ? []
      : parseRequirements(text, trans).requirements) {
      found.push([item.name ?? item.text, item.specifier || trans.__('any')]);
    }
  } catch {
    // A file that cannot be read compares as absent.
  }
  return sorted(found);
}

function sorted(entries: [string, string][]): Map<string, string> {
  return new Map(entries.sort(([a], [b]) => a.localeCompare(b)));
}
