import { english, ITrans } from '../text';
import { IEntryPoint, IProject } from './mlproject';
import { formatText, PythonError, shellQuote } from './python';

/** Why an entry point can't be run with these parameters; MLflow refuses the same. */
export class CommandError extends Error {
  constructor(
    message: string,
    /** The parameter it is about, or null. */
    readonly parameter: string | null
  ) {
    super(message);
    this.name = 'CommandError';
  }
}

/**
 * The entry point of a name: one of the file, else a script, as `Project.get_entry_point` finds it.
 *
 * #### Notes
 * MLflow runs `.sh` files by `$SHELL`; `shell` is its value where the project runs. Throws CommandError.
 */
export function findEntryPoint(
  project: IProject,
  name: string,
  shell = 'bash',
  trans: ITrans = english
): IEntryPoint {
  const known = project.entryPoints.find(entry => entry.name === name);
  if (known) {
    return known;
  }
  const extension = /[^./\\][^/\\]*(\.[^./\\]*)$/.exec(name)?.[1] ?? '';
  const file = shellQuote(name);
  const commands: Record<string, string> = {
    '.py': `python ${file}`,
    '.sh': `${shell} ${file}`,
    '.R': `Rscript -e "mlflow::mlflow_source('${file}')" --args`
  };
  const command = commands[extension];
  if (command === undefined || project.environment.kind === 'databricks') {
    throw new CommandError(
      trans.__(
        'There is no entry point “%1”, and it is no script that MLflow could run (.py, .sh, .R).',
        name
      ),
      null
    );
  }
  return {
    name,
    line: 1,
    column: 1,
    parameters: [],
    command,
    commandPosition: null
  };
}

/**
 * The command line of an entry point, as `EntryPoint.compute_command` makes it.
 *
 * #### Notes
 * `path` gives the text for a parameter of type `path`; MLflow makes it absolute, and downloads what is remote. Without
 * it the value stays as it is. Parameters that the entry point does not know are appended as `--name value`.
 */
export function commandLine(
  entry: IEntryPoint,
  given: ReadonlyMap<string, string>,
  options: { path?: (value: string) => string; trans?: ITrans } = {}
): string {
  const trans = options.trans ?? english;
  const missing = entry.parameters.filter(
    parameter => !given.has(parameter.name) && parameter.default === null
  );
  if (missing.length > 0) {
    throw new CommandError(
      trans.__(
        'A value is missing for: %1.',
        missing.map(parameter => parameter.name).join(', ')
      ),
      missing[0].name
    );
  }
  const values = new Map<string, string>();
  for (const { name, type, default: standard } of entry.parameters) {
    const value = given.get(name) ?? standard ?? '';
    if (type === 'uri' && !isURI(value)) {
      throw new CommandError(
        trans.__('“%1” wants a URI, but got “%2”.', name, value),
        name
      );
    }
    const text = type === 'path' && options.path ? options.path(value) : value;
    values.set(name, shellQuote(text));
  }
  if (entry.command === null) {
    throw new CommandError(
      trans.__('The entry point “%1” has no command.', entry.name),
      null
    );
  }
  let command: string;
  try {
    command = formatText(entry.command, values);
  } catch (error) {
    if (error instanceof PythonError) {
      throw new CommandError(
        trans.__('MLflow cannot fill in the command: %1', error.message),
        null
      );
    }
    throw error;
  }
  const known = new Set(entry.parameters.map(parameter => parameter.name));
  const extra = [...given]
    .filter(([name]) => !known.has(name))
    .map(([name, value]) => `--${shellQuote(name)} ${shellQuote(value)}`);
  return [command, ...extra].join(' ');
}

/** Whether Python's `urlparse` finds a scheme (mlflow/utils/data_utils.py, `is_uri`). */
export function isURI(value: string): boolean {
  return /^[A-Za-z][A-Za-z0-9+.-]*:/.test(value);
}

/** The words of `mlflow run` for a form, quoted for a POSIX shell. */
export function mlflowRun(options: {
  uri: string;
  entryPoint: string;
  parameters: ReadonlyMap<string, string>;
  version?: string;
  manager?: string;
  experiment?: string;
}): string {
  const words = ['mlflow', 'run', options.uri];
  if (options.entryPoint !== 'main') {
    words.push('-e', options.entryPoint);
  }
  for (const [name, value] of options.parameters) {
    words.push('-P', `${name}=${value}`);
  }
  if (options.version) {
    words.push('-v', options.version);
  }
  if (options.manager && options.manager !== 'docker') {
    words.push('--env-manager', options.manager);
  }
  if (options.experiment) {
    words.push('--experiment-name', options.experiment);
  }
  return words.map(shellQuote).join(' ');
}
