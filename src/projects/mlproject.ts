import { english, ITrans } from '../text';
import {
  DescriptorError,
  INotice,
  IPosition,
  IYAMLMap,
  readYAML,
  toJSON,
  YAMLNode
} from '../yaml/tree';
import { JSONValue } from '../yaml/json';
import { isPythonText, pythonText } from './python';

/** A parameter of an entry point, as MLflow's loader reads it. */
export interface IParameter extends IPosition {
  name: string;
  /** As written; `string` where none is given. MLflow acts on `path` and `uri` alone. */
  type: string;
  /** Text that MLflow puts into the command; null where a value must be given. */
  default: string | null;
  /** `description` or `help`, which MLflow ignores. */
  description: string | null;
}

/** An entry point. */
export interface IEntryPoint extends IPosition {
  name: string;
  parameters: IParameter[];
  /** Null where there is none: MLflow fails when it is run. */
  command: string | null;
  commandPosition: IPosition | null;
}

/** What a project is run in. */
export type ProjectEnvironment =
  | { kind: 'python'; path: string | null }
  | { kind: 'conda'; path: string }
  | { kind: 'docker'; docker: IDockerEnvironment }
  | { kind: 'databricks'; job: JSONValue };

/** `docker_env`. */
export interface IDockerEnvironment {
  image: string;
  volumes: string[];
  /** A name is copied from the host, a pair is set. */
  environment: (string | [string, string])[];
  /** Keys that MLflow does not know. */
  unknown: string[];
}

/** An MLproject file. */
export interface IProject {
  name: string | null;
  environment: ProjectEnvironment;
  entryPoints: IEntryPoint[];
  /** Keys that MLflow does not read. */
  unknown: { key: string; value: JSONValue; position: IPosition }[];
  notices: INotice[];
  /** The nodes, for checks that need their places. */
  root: IYAMLMap | null;
}

/** What lies in the project's folder; without it, files are taken to be there. */
export interface IFolderFacts {
  has(path: string): boolean;
}

/** Keys that MLflow reads at the top of an MLproject file (mlflow/projects/_project_spec.py). */
const KEYS = new Set([
  'name',
  'entry_points',
  'python_env',
  'conda_env',
  'docker_env',
  'databricks_spark_job'
]);
const ENVIRONMENTS = ['docker_env', 'python_env', 'conda_env'];

/**
 * Reads an MLproject file as `mlflow.projects` does; throws DescriptorError where MLflow refuses it.
 *
 * #### Notes
 * MLflow does not validate: what is refused here is refused there, if only by an AttributeError.
 */
export function parseMLproject(
  text: string,
  trans: ITrans = english,
  folder: IFolderFacts | null = null
): IProject {
  const tree = readYAML(text, trans, 'notice');
  const tag = tree.notices.find(notice => notice.code === 'tag');
  if (tag) {
    throw new DescriptorError(tag.message, tag, trans.__('Remove the tag.'));
  }
  return new Reader(tree.notices, trans, folder).project(tree.root);
}

/** A folder without an MLproject file, as MLflow runs it: scripts are its entry points. */
export function withoutMLproject(folder: IFolderFacts): IProject {
  return {
    name: null,
    environment: defaultEnvironment(folder),
    entryPoints: [],
    unknown: [],
    notices: [],
    root: null
  };
}

/** Python's environment files by their usual names, the first one wins. */
function defaultEnvironment(folder: IFolderFacts | null): ProjectEnvironment {
  if (folder?.has('python_env.yaml')) {
    return { kind: 'python', path: 'python_env.yaml' };
  }
  return folder?.has('conda.yaml')
    ? { kind: 'conda', path: 'conda.yaml' }
    : { kind: 'python', path: null };
}

class Reader {
  constructor(
    private _notices: INotice[],
    private _trans: ITrans,
    private _folder: IFolderFacts | null
  ) {}

  project(root: YAMLNode): IProject {
    const trans = this._trans;
    if (root.kind !== 'map') {
      throw this._error(
        root.kind === 'scalar' && root.value === null
          ? trans.__('The file is empty.')
          : trans.__('The file is not a map of keys and values.'),
        root,
        trans.__('An MLproject file begins with keys such as “entry_points:”.')
      );
    }
    const fields = ENVIRONMENTS.filter(key => root.entries.has(key));
    if (fields.length > 1) {
      throw this._error(
        trans.__(
          'The project names more than one environment: %1.',
          fields.join(', ')
        ),
        this._at(root, fields[1]),
        trans.__('Keep one of them.')
      );
    }
    const entryPoints = this._entryPoints(root.entries.get('entry_points'));
    const name = root.entries.get('name');
    return {
      name: name && !isNull(name) ? pythonText(name) : null,
      environment: this._environment(root, entryPoints),
      entryPoints,
      unknown: [...root.entries]
        .filter(([key]) => !KEYS.has(key))
        .map(([key, value]) => ({
          key,
          value: toJSON(value),
          position: place(value)
        })),
      notices: this._notices,
      root
    };
  }

  private _entryPoints(node: YAMLNode | undefined): IEntryPoint[] {
    const trans = this._trans;
    if (node === undefined) {
      return [];
    }
    if (node.kind !== 'map') {
      throw this._error(
        trans.__('“entry_points” is not a map.'),
        node,
        trans.__('Write each entry point as a key with its command below it.')
      );
    }
    return [...node.entries].map(([name, value]) => {
      if (value.kind !== 'map') {
        throw this._error(
          trans.__('The entry point “%1” is not a map.', name),
          value,
          name === 'command' || name === 'parameters'
            ? trans.__(
                'It is indented too little: it belongs below an entry point.'
              )
            : trans.__('Write “command:” below it.')
        );
      }
      const command = value.entries.get('command');
      return {
        name,
        ...place(value),
        parameters: this._parameters(name, value.entries.get('parameters')),
        // Anything but a text has no `format`: MLflow fails when it is run.
        command: command && isPythonText(command) ? pythonText(command) : null,
        commandPosition: command ? place(command) : null
      };
    });
  }

  private _parameters(entry: string, node: YAMLNode | undefined): IParameter[] {
    const trans = this._trans;
    if (node === undefined) {
      return [];
    }
    if (node.kind !== 'map') {
      throw this._error(
        trans.__('“parameters” of “%1” is not a map.', entry),
        node,
        trans.__('Write “name: type” below it, or remove the key.')
      );
    }
    return [...node.entries].map(([name, value]) => {
      if (value.kind === 'scalar' && isPythonText(value)) {
        return {
          name,
          ...place(value),
          type: value.source,
          default: null,
          description: null
        };
      }
      if (value.kind !== 'map') {
        throw this._error(
          trans.__('The parameter “%1” has neither a type nor a map.', name),
          value,
          trans.__(
            'Write “%1: float”, or “%1: {type: float, default: 1}”.',
            name
          )
        );
      }
      const type = value.entries.get('type');
      const standard = value.entries.get('default');
      const said =
        value.entries.get('description') ?? value.entries.get('help');
      return {
        name,
        ...place(value),
        type: type ? pythonText(type) : 'string',
        default: standard && !isNull(standard) ? pythonText(standard) : null,
        description: said && !isNull(said) ? pythonText(said) : null
      };
    });
  }

  private _environment(
    root: IYAMLMap,
    entryPoints: IEntryPoint[]
  ): ProjectEnvironment {
    const trans = this._trans;
    const job = root.entries.get('databricks_spark_job');
    if (job && !isNull(job)) {
      return this._databricks(root, job, entryPoints);
    }
    const docker = root.entries.get('docker_env');
    if (docker && !isFalsy(docker)) {
      return { kind: 'docker', docker: this._docker(docker) };
    }
    for (const kind of ['python', 'conda'] as const) {
      const node = root.entries.get(`${kind}_env`);
      if (!node || isFalsy(node)) {
        continue;
      }
      const path = this._text(node, `${kind}_env`);
      if (this._folder && !this._folder.has(path)) {
        throw this._error(
          trans.__('The environment file “%1” is not there.', path),
          node,
          trans.__('Put it into the folder, or correct the path.')
        );
      }
      return { kind, path };
    }
    return defaultEnvironment(this._folder);
  }

  private _docker(node: YAMLNode): IDockerEnvironment {
    const trans = this._trans;
    if (node.kind !== 'map') {
      throw this._error(
        trans.__('“docker_env” is not a map.'),
        node,
        trans.__('Write “image:” below it.')
      );
    }
    const image = node.entries.get('image');
    if (!image || isFalsy(image)) {
      throw this._error(
        trans.__('“docker_env” names no image.'),
        image ?? node,
        trans.__('Write “image: name” below it.')
      );
    }
    const volumes = node.entries.get('volumes');
    const environment = node.entries.get('environment');
    if (
      volumes &&
      !isFalsy(volumes) &&
      !(volumes.kind === 'list' && volumes.items.every(isPythonText))
    ) {
      throw this._error(
        trans.__('“volumes” is not a list of texts.'),
        volumes,
        trans.__('For example: volumes: ["/path1/:/path1"]')
      );
    }
    if (
      environment &&
      !isFalsy(environment) &&
      !(
        environment.kind === 'list' &&
        environment.items.every(
          item => item.kind === 'list' || isPythonText(item)
        )
      )
    ) {
      throw this._error(
        trans.__('“environment” is not a list of names and pairs.'),
        environment,
        trans.__(
          'For example: environment: [["NEW", "value"], "COPIED_FROM_HOST"]'
        )
      );
    }
    return {
      image: pythonText(image),
      volumes: volumes?.kind === 'list' ? volumes.items.map(pythonText) : [],
      environment:
        environment?.kind === 'list'
          ? environment.items.map(item =>
              item.kind === 'list'
                ? [
                    item.items[0] ? pythonText(item.items[0]) : '',
                    item.items[1] ? pythonText(item.items[1]) : ''
                  ]
                : pythonText(item)
            )
          : [],
      unknown: [...node.entries.keys()].filter(
        key => !['image', 'volumes', 'environment'].includes(key)
      )
    };
  }

  private _databricks(
    root: IYAMLMap,
    job: YAMLNode,
    entryPoints: IEntryPoint[]
  ): ProjectEnvironment {
    const trans = this._trans;
    if (job.kind !== 'map') {
      throw this._error(
        trans.__('“databricks_spark_job” is not a map.'),
        job,
        trans.__('Write “python_file:” below it.')
      );
    }
    const file = job.entries.get('python_file');
    const hasFile = file !== undefined && !isNull(file);
    if (hasFile === entryPoints.length > 0) {
      throw this._error(
        hasFile
          ? trans.__(
              'A Databricks Spark job has either “python_file” or entry points.'
            )
          : trans.__(
              'A Databricks Spark job wants “python_file” or entry points.'
            ),
        job,
        hasFile
          ? trans.__('Remove one of them.')
          : trans.__('Write one of them.')
      );
    }
    for (const parameter of entryPoints.flatMap(entry => entry.parameters)) {
      if (parameter.type === 'path') {
        throw this._error(
          trans.__(
            'A Databricks Spark job has no parameters of type path: “%1”.',
            parameter.name
          ),
          parameter,
          trans.__('Use the type string or uri.')
        );
      }
    }
    const field = ENVIRONMENTS.find(key => root.entries.has(key));
    if (field) {
      throw this._error(
        trans.__('A Databricks Spark job has no “%1”.', field),
        this._at(root, field),
        trans.__('Remove the key.')
      );
    }
    return { kind: 'databricks', job: toJSON(job) };
  }

  private _text(node: YAMLNode, key: string): string {
    if (!isPythonText(node)) {
      throw this._error(
        this._trans.__('“%1” is not a text.', key),
        node,
        this._trans.__('Put the value in quotes.')
      );
    }
    return pythonText(node);
  }

  private _at(root: IYAMLMap, key: string): IPosition {
    return place(root.entries.get(key) ?? root);
  }

  private _error(
    message: string,
    at: IPosition,
    hint: string
  ): DescriptorError {
    return new DescriptorError(message, place(at), hint);
  }
}

function place(at: IPosition): IPosition {
  return { line: at.line, column: at.column };
}

function isNull(node: YAMLNode): boolean {
  return node.kind === 'scalar' && node.isPlain && node.value === null;
}

function isFalsy(node: YAMLNode): boolean {
  if (node.kind === 'list') {
    return node.items.length === 0;
  }
  if (node.kind === 'map') {
    return node.entries.size === 0;
  }
  return node.isPlain
    ? node.value === null || node.value === false || node.value === 0
    : node.source === '';
}
