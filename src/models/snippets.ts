import { factsOf } from './facts';
import { IFlavor, IModelFile, flavorOf, flavorText } from './mlmodel';
import {
  inputLines,
  isTensorInput,
  paramsArgument,
  pythonString
} from './pythonInput';
import { sparkUdf } from './sparkUdf';
import { english, ITrans } from '../text';
import { atLeast } from './version';

/** Code that uses a model. */
export interface ISnippet {
  id: string;
  title: string;
  /** Where it belongs: a notebook cell or a terminal. */
  place: 'python' | 'r' | 'shell';
  code: string;
}

/** What a snippet is written for. */
export interface ISnippetContext {
  model: IModelFile;
  /** URI or path for Python code. */
  uri: string;
  /** URI or path for the terminal, seen from the folder in which it opens. */
  shellURI: string;
  /** Store that a terminal has to be told of, for a URI that only the store can resolve. */
  trackingURI?: string | null;
  /** Version of MLflow where the code will run; null takes the one that logged the model, or a present one. */
  mlflowVersion: string | null;
}

/** All snippets that are right for a model and an MLflow version. */
export function snippets(
  context: ISnippetContext,
  trans: ITrans = english
): ISnippet[] {
  const pyfunc = flavorOf(context.model, 'python_function');
  const found = context.model.flavors
    .filter(flavor => flavor !== pyfunc)
    .flatMap(flavor => nativeLoad(context, flavor, trans));
  return pyfunc
    ? [...found, ...forPyfunc(context, trans), ...forShell(context, trans)]
    : found;
}

/** One word of a POSIX shell. */
export function shellWord(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text)
    ? text
    : `'${text.replace(/'/g, `'\\''`)}'`;
}

function nativeLoad(
  context: ISnippetContext,
  flavor: IFlavor,
  trans: ITrans
): ISnippet[] {
  const loader = flavorText(
    flavorOf(context.model, 'python_function'),
    'loader_module'
  );
  const facts = factsOf(flavor, loader, trans);
  if (facts.needs.includes('r')) {
    const code = `library(mlflow)\nmodel <- mlflow_load_model(${pythonString(context.uri)})\nmlflow_predict(model, data)`;
    return [
      {
        id: `load-${flavor.name}`,
        title: trans.__('Load with R'),
        place: 'r',
        code
      }
    ];
  }
  if (!facts.module) {
    return [];
  }
  const lines = [`import ${facts.module}`, ''];
  if (flavor.name === 'h2o') {
    lines.push('# Starts a local H2O server; it needs Java.');
  }
  if (facts.removed && atLeast(version(context), facts.removed)) {
    lines.push(
      `# ${trans.__('Needs mlflow<%1, which still has this flavor.', facts.removed)}`
    );
  }
  lines.push(
    `model = ${facts.module}.load_model(${pythonString(context.uri)})`
  );
  lines.push(...facts.predict(flavor).map(line => `# ${line}`));
  return [
    {
      id: `load-${flavor.name}`,
      title: trans.__('Load with %1', facts.label),
      place: 'python',
      code: lines.join('\n')
    }
  ];
}

function forPyfunc(context: ISnippetContext, trans: ITrans): ISnippet[] {
  const { model } = context;
  const load = [
    'import mlflow.pyfunc',
    '',
    `model = mlflow.pyfunc.load_model(${pythonString(context.uri)})`
  ];
  const found: ISnippet[] = [
    {
      id: 'load-pyfunc',
      title: trans.__('Load as Python function'),
      place: 'python',
      code: load.join('\n')
    }
  ];
  if (model.inputExample) {
    const code = [
      'import mlflow.pyfunc',
      'from mlflow.models import Model',
      '',
      `model_uri = ${pythonString(context.uri)}`,
      'example = Model.load(model_uri).load_input_example(model_uri)',
      'mlflow.pyfunc.load_model(model_uri).predict(example)'
    ].join('\n');
    found.push({
      id: 'predict-example',
      title: trans.__('Predict on the input example'),
      place: 'python',
      code
    });
  }
  found.push({
    id: 'predict-data',
    title: isTensorInput(model)
      ? trans.__('Predict on an array')
      : trans.__('Predict with a pandas frame'),
    place: 'python',
    code: [
      ...inputLines(model),
      '',
      ...load,
      `model.predict(data${paramsArgument(model)})`
    ].join('\n')
  });
  found.push({
    id: 'spark-udf',
    title: trans.__('Spark UDF'),
    place: 'python',
    code: sparkUdf(model, context.uri, version(context))
  });
  if (atLeast(version(context), '2.10.0')) {
    found.push({
      id: 'databricks',
      title: trans.__('Serve on Databricks'),
      place: 'python',
      code: databricks(context.uri)
    });
  }
  return found;
}

function forShell(context: ISnippetContext, trans: ITrans): ISnippet[] {
  const { model } = context;
  const at = version(context);
  const uri = shellWord(context.shellURI);
  const local = atLeast(at, '1.25.0') ? '--env-manager local' : '--no-conda';
  const serving = model.inputExample?.servingPath;
  const input = serving
    ? shellWord(`${context.shellURI}/${serving}`)
    : 'input.json';
  const cli: ISnippet[] = [];
  const store = context.trackingURI
    ? [`export MLFLOW_TRACKING_URI=${shellWord(context.trackingURI)}`]
    : [];
  const add = (id: string, title: string, ...lines: string[]): void => {
    const code = [...store, ...lines].join('\n');
    cli.push({ id, title, place: 'shell', code });
  };
  add(
    'serve',
    trans.__('Serve on this machine'),
    `mlflow models serve -m ${uri} -p 5001 ${local}`
  );
  add(
    'predict',
    trans.__('Predict a file'),
    `mlflow models predict -m ${uri} -i ${input} -t json ${local}`
  );
  add(
    'build-docker',
    trans.__('Build a Docker image'),
    `mlflow models build-docker -m ${uri} -n my-model`
  );
  if (atLeast(at, '1.29.0')) {
    add(
      'generate-dockerfile',
      trans.__('Write a Dockerfile'),
      `mlflow models generate-dockerfile -m ${uri} -d my-model-docker`
    );
  }
  if (atLeast(at, UPDATE_REQUIREMENTS)) {
    add(
      'update-pip-requirements',
      trans.__('Change the requirements'),
      `mlflow models update-pip-requirements -m ${uri} add ${pipLine(model)}`
    );
  }
  add(
    'sagemaker',
    trans.__('Deploy to Amazon SageMaker'),
    ...sagemaker(at, uri)
  );
  add('azureml', trans.__('Deploy to Azure ML'), ...azureml(at, uri));
  return cli;
}

/** First version with `mlflow models update-pip-requirements`. */
const UPDATE_REQUIREMENTS = '2.12.0';

function sagemaker(at: string, uri: string): string[] {
  return atLeast(at, '2.0.0')
    ? [
        'mlflow sagemaker build-and-push-container',
        `mlflow deployments create -t sagemaker:/eu-west-1 --name my-model -m ${uri} \\`,
        '  -C execution_role_arn=arn:aws:iam::123456789012:role/my-role'
      ]
    : [
        'mlflow sagemaker build-and-push-container',
        `mlflow sagemaker deploy -a my-model -m ${uri} --region-name eu-west-1`
      ];
}

function azureml(at: string, uri: string): string[] {
  return atLeast(at, '1.17.0')
    ? [
        'pip install azureml-mlflow',
        '# The tracking address stands on the overview page of the Azure ML workspace.',
        `mlflow deployments create -t "$AZUREML_TRACKING_URI" --name my-model -m ${uri}`
      ]
    : [`mlflow azureml build-image -m ${uri} -w my-workspace`];
}

function databricks(uri: string): string {
  return [
    'import mlflow',
    'from mlflow.deployments import get_deploy_client',
    '',
    'mlflow.set_registry_uri("databricks-uc")',
    `version = mlflow.register_model(${pythonString(uri)}, "main.default.my_model")`,
    'get_deploy_client("databricks").create_endpoint(',
    '    name="my-model",',
    '    config={"served_entities": [{',
    '        "entity_name": version.name, "entity_version": version.version,',
    '        "workload_size": "Small", "scale_to_zero_enabled": True,',
    '    }]},',
    ')'
  ].join('\n');
}

function version(context: ISnippetContext): string {
  return context.mlflowVersion ?? context.model.mlflowVersion ?? '3.0.0';
}

function pipLine(model: IModelFile): string {
  const native = model.flavors.find(
    flavor => flavor.name !== 'python_function'
  );
  const facts = native ? factsOf(native, null) : null;
  const at =
    native && facts?.version ? flavorText(native, facts.version.key) : null;
  return shellWord(
    facts?.version && at
      ? `${facts.version.distribution}==${at}`
      : 'some-package==1.0'
  );
}
