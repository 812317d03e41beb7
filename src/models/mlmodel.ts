import { isMap, JSONMap, JSONValue } from '../yaml/json';
import {
  ISignature,
  parseColumns,
  parseParams,
  SchemaError
} from './signature';
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

/** One flavor of a model, with all its keys in the order of the file. */
export interface IFlavor extends IPosition {
  name: string;
  config: JSONMap;
  /** Scalars as they are written, so that the version 3.10 does not become 3.1. */
  sources: Record<string, string>;
}

/** Where the example input lies, as `saved_input_example_info` says. */
export interface IInputExample {
  path: string | null;
  /** `dataframe`, `ndarray`, `json_object`, `sparse_matrix_csr`, … */
  type: string | null;
  /** Orientation of a pandas example: `split` or `records`. */
  orient: string | null;
  /** The same example as a request to `/invocations`. */
  servingPath: string | null;
  info: JSONMap;
}

/** A key at the top of the file that this reader does not know. */
export interface IUnknownKey extends IPosition {
  key: string;
  value: JSONValue;
}

/** What an MLmodel file says, from MLflow 0.x to 3.x. Null: the file does not say. */
export interface IModelFile {
  flavors: IFlavor[];
  signature: ISignature | null;
  inputExample: IInputExample | null;
  artifactPath: string | null;
  runId: string | null;
  modelId: string | null;
  modelUuid: string | null;
  /** Bytes. */
  sizeBytes: number | null;
  mlflowVersion: string | null;
  pythonVersion: string | null;
  databricksRuntime: string | null;
  created: string | null;
  /** Environment files by manager: `conda`, `virtualenv`, … */
  environment: Record<string, string>;
  /** Folders of code that is put on sys.path before the model is loaded. */
  codePaths: string[];
  metadata: JSONValue;
  prompts: JSONValue;
  resources: JSONValue;
  authPolicy: JSONValue;
  /** Names only; MLflow stores no values. */
  envVars: JSONValue;
  signatureFromTypeHint: boolean | null;
  typeHintFromExample: boolean | null;
  unknown: IUnknownKey[];
  notices: INotice[];
}

/** Reads an MLmodel file; throws nothing but DescriptorError, which has line, column and a hint. */
export function parseMLmodel(
  text: string,
  trans: ITrans = english
): IModelFile {
  const tree = readYAML(text, trans);
  if (tree.root.kind !== 'map') {
    throw new DescriptorError(
      tree.root.kind === 'scalar' && tree.root.value === null
        ? trans.__('The file is empty.')
        : trans.__('The file is not a map of keys and values.'),
      tree.root,
      trans.__(
        'An MLmodel file begins with keys such as “flavors:” and “run_id:”.'
      )
    );
  }
  return new ModelReader(tree.root, tree.notices, trans).read();
}

/** The flavor of that name. */
export function flavorOf(model: IModelFile, name: string): IFlavor | undefined {
  return model.flavors.find(flavor => flavor.name === name);
}

/** Text of a scalar in a flavor, or null where it is absent, null or no scalar. */
export function flavorText(
  flavor: IFlavor | undefined,
  key: string
): string | null {
  const value = flavor?.config[key];
  return value === undefined || value === null || typeof value === 'object'
    ? null
    : (flavor?.sources[key] ?? null);
}

class ModelReader {
  constructor(
    root: IYAMLMap,
    private _notices: INotice[],
    private _trans: ITrans
  ) {
    this._rest = new Map(root.entries);
    this._root = root;
  }

  read(): IModelFile {
    const flavors = this._flavors();
    const pyfunc = flavors.find(flavor => flavor.name === 'python_function');
    const created =
      this._text('utc_time_created') ?? this._text('time_created');
    return {
      flavors,
      signature: this._signature(),
      inputExample:
        this._example('saved_input_example_info') ??
        this._example('input_example'),
      artifactPath: this._text('artifact_path'),
      runId: this._text('run_id'),
      modelId: this._text('model_id'),
      modelUuid: this._text('model_uuid'),
      sizeBytes: this._number('model_size_bytes'),
      mlflowVersion: this._text('mlflow_version'),
      pythonVersion: flavorText(pyfunc, 'python_version'),
      databricksRuntime: this._text('databricks_runtime'),
      created,
      environment: environmentFiles(pyfunc),
      codePaths: codePaths(flavors),
      metadata: this._json('metadata'),
      prompts: this._json('prompts'),
      resources: this._json('resources'),
      authPolicy: this._json('auth_policy'),
      envVars: this._json('env_vars'),
      signatureFromTypeHint: this._flag('is_signature_from_type_hint'),
      typeHintFromExample: this._flag('type_hint_from_example'),
      unknown: [...this._rest].map(([key, node]) => ({
        key,
        value: toJSON(node),
        line: node.line,
        column: node.column
      })),
      notices: this._notices
    };
  }

  private _flavors(): IFlavor[] {
    const node = this._take('flavors');
    if (!node || isNull(node)) {
      this._notice(
        node ?? this._root,
        this._trans.__('The file lists no flavors.'),
        this._trans.__(
          'MLflow can read it but has nothing to load; log the model again.'
        )
      );
      return [];
    }
    if (node.kind !== 'map') {
      throw new DescriptorError(
        this._trans.__('“flavors” is not a map.'),
        node,
        this._trans.__('Write one key per flavor below it, such as “sklearn:”.')
      );
    }
    return [...node.entries].map(([name, config]) =>
      this._flavor(name, config)
    );
  }

  private _flavor(name: string, node: YAMLNode): IFlavor {
    if (node.kind !== 'map' && !isNull(node)) {
      throw new DescriptorError(
        this._trans.__('The flavor “%1” is not a map of options.', name),
        node,
        this._trans.__(
          'Write its options as keys below it; “%1: {}” if it has none.',
          name
        )
      );
    }
    const sources: Record<string, string> = Object.create(null) as Record<
      string,
      string
    >;
    const value = toJSON(node);
    if (node.kind === 'map') {
      for (const [key, option] of node.entries) {
        if (option.kind === 'scalar') {
          sources[key] = option.source;
        }
      }
    }
    return {
      name,
      config: isMap(value) ? value : {},
      sources,
      line: node.line,
      column: node.column
    };
  }

  private _signature(): ISignature | null {
    const node = this._take('signature');
    if (!node || isNull(node)) {
      return null;
    }
    if (node.kind !== 'map') {
      this._notice(
        node,
        this._trans.__('“signature” is not a map.'),
        this._trans.__(
          'Log the model again with a signature; it is left out here.'
        )
      );
      return null;
    }
    const read = <T>(
      key: string,
      parse: (value: JSONValue, trans: ITrans) => T
    ): T | null => {
      const part = node.entries.get(key);
      if (!part) {
        return null;
      }
      try {
        return parse(toJSON(part), this._trans);
      } catch (error) {
        if (!(error instanceof SchemaError)) {
          throw error;
        }
        this._notice(
          part,
          this._trans.__('signature.%1: %2', key, error.message),
          this._trans.__(
            'Log the model again with a signature; this part is left out here.'
          )
        );
        return null;
      }
    };
    for (const [key, part] of node.entries) {
      if (!['inputs', 'outputs', 'params'].includes(key)) {
        this._rest.set(`signature.${key}`, part);
      }
    }
    return {
      inputs: read('inputs', parseColumns),
      outputs: read('outputs', parseColumns),
      params: read('params', parseParams)
    };
  }

  private _example(key: string): IInputExample | null {
    const node = this._take(key);
    const info = node ? toJSON(node) : null;
    if (!node || info === null) {
      return null;
    }
    if (!isMap(info)) {
      this._keep(key, node, this._trans.__('a map'));
      return null;
    }
    const text = (name: string): string | null =>
      typeof info[name] === 'string' ? info[name] : null;
    return {
      path: text('artifact_path'),
      type: text('type'),
      orient: text('pandas_orient') ?? text('format'),
      servingPath: text('serving_input_path'),
      info
    };
  }

  private _text(key: string): string | null {
    const node = this._take(key);
    if (!node || isNull(node)) {
      return null;
    }
    if (node.kind === 'scalar') {
      return node.source;
    }
    this._keep(key, node, this._trans.__('a text'));
    return null;
  }

  private _number(key: string): number | null {
    const node = this._take(key);
    if (!node || isNull(node)) {
      return null;
    }
    const value = node.kind === 'scalar' ? Number(node.value) : NaN;
    if (Number.isFinite(value) && value >= 0) {
      return value;
    }
    this._keep(key, node, this._trans.__('a number'));
    return null;
  }

  private _flag(key: string): boolean | null {
    const node = this._take(key);
    if (!node || isNull(node)) {
      return null;
    }
    if (node.kind === 'scalar' && typeof node.value === 'boolean') {
      return node.value;
    }
    this._keep(key, node, this._trans.__('true or false'));
    return null;
  }

  private _json(key: string): JSONValue {
    const node = this._take(key);
    return node ? toJSON(node) : null;
  }

  /** A key of an unexpected type goes to the unknown ones, so that it is shown all the same. */
  private _keep(key: string, node: YAMLNode, expected: string): void {
    this._rest.set(key, node);
    this._notice(
      node,
      this._trans.__('“%1” should be %2.', key, expected),
      this._trans.__(
        'The value is listed among the other keys as it is written.'
      )
    );
  }

  private _take(key: string): YAMLNode | undefined {
    const node = this._rest.get(key);
    this._rest.delete(key);
    return node;
  }

  private _notice(at: IPosition, message: string, hint: string): void {
    this._notices.push({ line: at.line, column: at.column, message, hint });
  }

  private _root: IYAMLMap;
  private _rest: Map<string, YAMLNode>;
}

function isNull(node: YAMLNode): boolean {
  return node.kind === 'scalar' && node.value === null;
}

/** Before MLflow 2.0 `env` was the name of the conda file. */
function environmentFiles(pyfunc: IFlavor | undefined): Record<string, string> {
  const env = pyfunc?.config.env;
  if (typeof env === 'string') {
    return { conda: env };
  }
  const files: Record<string, string> = {};
  for (const [manager, file] of isMap(env) ? Object.entries(env) : []) {
    if (typeof file === 'string') {
      files[manager] = file;
    }
  }
  return files;
}

function codePaths(flavors: IFlavor[]): string[] {
  const paths = flavors.flatMap(flavor => flavor.config.code ?? []);
  return [
    ...new Set(paths.filter((path): path is string => typeof path === 'string'))
  ];
}
