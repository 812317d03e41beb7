import { english, ITrans } from '../text';
import { INotice, IPosition } from '../yaml/tree';
import { IEntryPoint, IProject } from './mlproject';
import { parseFormat, PythonError } from './python';
import { checkValue, kindOf } from './values';

/** What MLflow would do with a project at run time that its author may not expect. */
export function warningsOf(
  project: IProject,
  fileName = 'MLproject',
  trans: ITrans = english
): INotice[] {
  const found: INotice[] = [...project.notices];
  if (fileName.toLowerCase() !== 'mlproject') {
    found.push({
      line: 1,
      column: 1,
      message: trans.__('MLflow does not read a file named “%1”.', fileName),
      hint: trans.__('Rename it to MLproject, without an ending.')
    });
  }
  for (const { key, position } of project.unknown) {
    found.push({
      ...position,
      message: trans.__('MLflow does not know the key “%1”.', key),
      hint:
        key === 'uv' || key === 'uv_env'
          ? trans.__(
              'Put a uv.lock beside the file, or name the packages by python_env; both work with --env-manager uv.'
            )
          : trans.__('It is ignored.')
    });
  }
  found.push(...environmentWarnings(project, trans));
  for (const entry of project.entryPoints) {
    found.push(...entryWarnings(entry, trans));
  }
  return found.sort((a, b) => a.line - b.line || a.column - b.column);
}

function environmentWarnings(project: IProject, trans: ITrans): INotice[] {
  const { environment, root, name } = project;
  const found: INotice[] = [];
  const at = (key: string): IPosition => {
    const node = root?.entries.get(key);
    return { line: node?.line ?? 1, column: node?.column ?? 1 };
  };
  if (environment.kind === 'docker') {
    const position = at('docker_env');
    if (!name) {
      found.push({
        ...position,
        message: trans.__('The project has no name.'),
        hint: trans.__(
          'MLflow names the Docker image by it, and fails without.'
        )
      });
    } else if (!/^[a-z0-9]+(?:[._/-]+[a-z0-9]+)*$/.test(name)) {
      found.push({
        ...at('name'),
        message: trans.__('“%1” cannot be the name of a Docker image.', name),
        hint: trans.__(
          'MLflow names the image by it: use small letters, digits and hyphens.'
        )
      });
    }
    for (const item of environment.docker.environment) {
      if (typeof item === 'string' && item.includes('=')) {
        found.push({
          ...position,
          message: trans.__(
            'MLflow looks for a variable of the whole name “%1”.',
            item
          ),
          hint: trans.__('Write a pair: ["NAME", "value"].')
        });
      }
    }
    for (const key of environment.docker.unknown) {
      found.push({
        ...position,
        message: trans.__('MLflow does not know “docker_env.%1”.', key),
        hint: trans.__(
          'It is ignored; the image is the base of one that MLflow builds.'
        )
      });
    }
  } else if (environment.kind === 'python' && environment.path === null) {
    found.push({
      line: 1,
      column: 1,
      message: trans.__('The project names no environment.'),
      hint: trans.__(
        'MLflow makes an empty one; run it with the manager “local” where it needs packages.'
      )
    });
  }
  return found;
}

function entryWarnings(entry: IEntryPoint, trans: ITrans): INotice[] {
  const found: INotice[] = [];
  const position = entry.commandPosition ?? entry;
  if (entry.command === null) {
    return [
      {
        line: entry.line,
        column: entry.column,
        message: trans.__('The entry point “%1” has no command.', entry.name),
        hint: trans.__('MLflow fails when it is run.')
      }
    ];
  }
  const used = new Set<string>();
  try {
    for (const part of parseFormat(entry.command)) {
      if (typeof part !== 'string') {
        used.add(/^[^.[]*/.exec(part.name)?.[0] ?? '');
        const around = `${entry.command[part.start - 1] ?? ''}${entry.command[part.end] ?? ''}`;
        if (around === '""' || around === "''") {
          found.push({
            ...position,
            message: trans.__('Quotes around {%1} in the command.', part.name),
            hint: trans.__(
              'MLflow quotes the value itself: a value with a blank would get two pairs of quotes.'
            )
          });
        }
      }
    }
  } catch (error) {
    if (error instanceof PythonError) {
      return [
        {
          ...position,
          message: trans.__(
            'MLflow cannot fill in the command: %1',
            error.message
          ),
          hint: trans.__('Double a brace that belongs to the shell: {{ and }}.')
        }
      ];
    }
    throw error;
  }
  const declared = new Set(entry.parameters.map(parameter => parameter.name));
  for (const name of used) {
    if (!declared.has(name)) {
      found.push({
        ...position,
        message: trans.__(
          'The command uses {%1}, which is no parameter.',
          name
        ),
        hint: trans.__(
          'MLflow fails; declare it below “parameters”, or double the braces.'
        )
      });
    }
  }
  for (const parameter of entry.parameters) {
    const { name, type, line, column, default: standard } = parameter;
    if (!used.has(name)) {
      found.push({
        line,
        column,
        message: trans.__('The command does not use the parameter “%1”.', name),
        hint: trans.__('Its value is logged, but reaches no program.')
      });
    }
    if (standard !== null) {
      const problem = checkValue(
        { ...parameter, default: null },
        standard,
        trans
      );
      if (problem && !(kindOf(type) !== 'uri' && standard === 'None')) {
        found.push({
          line,
          column,
          message: trans.__(
            'The default “%1” of “%2” does not fit its type %3.',
            standard,
            name,
            type
          ),
          hint:
            kindOf(type) === 'uri'
              ? trans.__('MLflow refuses it.')
              : trans.__('MLflow does not check it and passes it on.')
        });
      }
      if (type === 'path' && !/^([/~]|[a-z][a-z0-9+.-]*:)/i.test(standard)) {
        found.push({
          line,
          column,
          message: trans.__('The default path “%1” is relative.', standard),
          hint: trans.__(
            'MLflow looks for it from the folder that it is started in, not from the project.'
          )
        });
      }
    }
  }
  return found;
}
