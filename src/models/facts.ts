import { flavorText, IFlavor } from './mlmodel';
import { english, ITrans } from '../text';

/** What must be on a machine besides Python packages. */
export type NativeNeed = 'java' | 'libgomp' | 'r';

/** What is known about a flavor: data from which panels, snippets and verdicts are made. */
export interface IFlavorFacts {
  /** Name of the library as its makers write it. */
  label: string;
  /** What the flavor holds, in one sentence. */
  about: string;
  /** Module with `load_model`; null where Python cannot load it natively. */
  module: string | null;
  /** Key of the flavor that holds the version, and the distribution that it speaks of. */
  version: { key: string; distribution: string } | null;
  /** Distributions that loading needs besides that one. */
  also: string[];
  /** Keys that name files or folders of the model. */
  files: string[];
  /** Options in the order of the panel, with their labels. */
  options: [key: string, label: string][];
  /** Lines that predict natively with `model` on `data`. */
  predict: (flavor: IFlavor) => string[];
  needs: NativeNeed[];
  /** First MLflow version that no longer has the flavor. */
  removed: string | null;
}

const plain = (): string[] => ['model.predict(data)'];

/** The table of flavors, by their name in the MLmodel file. */
export function flavorFacts(
  trans: ITrans = english
): Record<string, IFlavorFacts> {
  const modelClass: [string, string] = ['model_class', trans.__('Class')];
  const format: [string, string] = [
    'serialization_format',
    trans.__('Serialization')
  ];
  const trusted: [string, string] = [
    'skops_trusted_types',
    trans.__('Types trusted by skops')
  ];
  const library = (
    name: string,
    label: string,
    about: string,
    distribution: string,
    rest: Partial<IFlavorFacts> & { key?: string } = {}
  ): IFlavorFacts => ({
    label,
    about,
    module: `mlflow.${name}`,
    version: { key: rest.key ?? `${name}_version`, distribution },
    also: rest.also ?? [],
    files: rest.files ?? ['data'],
    options: rest.options ?? [],
    predict: rest.predict ?? plain,
    needs: rest.needs ?? [],
    removed: rest.removed ?? null
  });
  return {
    python_function: {
      label: trans.__('Python function'),
      about: trans.__(
        'One predict() for every flavor; what serving, Spark and batch jobs use.'
      ),
      module: 'mlflow.pyfunc',
      version: null,
      also: [],
      files: [
        'data',
        'model_path',
        'model_code_path',
        'python_model',
        'config'
      ],
      options: [
        ['loader_module', trans.__('Loader')],
        ['python_version', trans.__('Python')],
        ['predict_fn', trans.__('Predict function')],
        ['predict_stream_fn', trans.__('Streaming predict function')],
        ['streamable', trans.__('Can stream')],
        ['cloudpickle_version', trans.__('cloudpickle')],
        ['pickle_module_name', trans.__('Pickle module')],
        ['python_model_compression', trans.__('Compression')],
        ['artifacts', trans.__('Artifacts')],
        ['code', trans.__('Code')],
        ['env', trans.__('Environment')]
      ],
      predict: plain,
      needs: [],
      removed: null
    },
    sklearn: library(
      'sklearn',
      'scikit-learn',
      trans.__('A fitted scikit-learn estimator or pipeline.'),
      'scikit-learn',
      {
        files: ['pickled_model'],
        options: [format, trusted]
      }
    ),
    pytorch: library(
      'pytorch',
      'PyTorch',
      trans.__('A PyTorch module.'),
      'torch',
      {
        files: ['model_data', 'extra_files'],
        options: [format, ['requirements_file', trans.__('Requirements')]],
        predict: () => [
          'import torch',
          'model.eval()',
          'with torch.no_grad():',
          '    prediction = model(torch.as_tensor(data))'
        ]
      }
    ),
    tensorflow: {
      ...library(
        'tensorflow',
        'TensorFlow',
        trans.__('A TensorFlow SavedModel, or a Keras model on TensorFlow.'),
        'keras',
        {
          key: 'keras_version',
          also: ['tensorflow'],
          files: ['data', 'saved_model_dir'],
          options: [
            ['model_type', trans.__('Kind')],
            ['save_format', trans.__('Format')],
            ['meta_graph_tags', trans.__('Graph tags')],
            ['signature_def_key', trans.__('Signature key')]
          ]
        }
      )
    },
    keras: library('keras', 'Keras', trans.__('A Keras model.'), 'keras', {
      options: [
        ['keras_backend', trans.__('Backend')],
        ['save_exported_model', trans.__('Exported for inference only')]
      ]
    }),
    xgboost: library(
      'xgboost',
      'XGBoost',
      trans.__('An XGBoost booster or its scikit-learn wrapper.'),
      'xgboost',
      {
        key: 'xgb_version',
        options: [modelClass, ['model_format', trans.__('Format')]],
        predict: flavor =>
          (flavorText(flavor, 'model_class') ?? 'Booster').endsWith('Booster')
            ? ['import xgboost', 'model.predict(xgboost.DMatrix(data))']
            : plain()
      }
    ),
    lightgbm: library(
      'lightgbm',
      'LightGBM',
      trans.__('A LightGBM booster or its scikit-learn wrapper.'),
      'lightgbm',
      {
        key: 'lgb_version',
        options: [modelClass, format, trusted],
        needs: ['libgomp']
      }
    ),
    catboost: library(
      'catboost',
      'CatBoost',
      trans.__('A CatBoost model.'),
      'catboost',
      {
        files: ['data', 'model_binary'],
        options: [
          ['model_type', trans.__('Class')],
          ['save_format', trans.__('Format')]
        ]
      }
    ),
    onnx: library(
      'onnx',
      'ONNX',
      trans.__('A graph in the open ONNX format, run by ONNX Runtime.'),
      'onnx',
      {
        also: ['onnxruntime'],
        options: [
          ['providers', trans.__('Execution providers')],
          ['onnx_session_options', trans.__('Session options')],
          ['save_as_external_data', trans.__('Weights in separate files')]
        ],
        predict: () => [
          'import onnxruntime',
          'session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])',
          'session.run(None, {session.get_inputs()[0].name: data})'
        ]
      }
    ),
    spark: library(
      'spark',
      'Spark MLlib',
      trans.__('A Spark ML pipeline; needs a Spark session and Java.'),
      'pyspark',
      {
        key: 'pyspark_version',
        files: ['model_data'],
        options: [modelClass],
        predict: () => ['model.transform(spark.createDataFrame(data))'],
        needs: ['java']
      }
    ),
    transformers: library(
      'transformers',
      'Transformers',
      trans.__('A Hugging Face pipeline or its parts.'),
      'transformers',
      {
        files: ['model_binary', 'components_dir', 'peft_adaptor'],
        options: [
          ['task', trans.__('Task')],
          ['instance_type', trans.__('Pipeline class')],
          ['pipeline_model_type', trans.__('Model class')],
          ['source_model_name', trans.__('Base model')],
          ['source_model_revision', trans.__('Revision')],
          ['tokenizer_type', trans.__('Tokenizer')],
          ['tokenizer_name', trans.__('Tokenizer from')],
          ['processor_type', trans.__('Processor')],
          ['components', trans.__('Components')],
          ['framework', trans.__('Framework')],
          ['torch_dtype', trans.__('Number type')],
          ['prompt_template', trans.__('Prompt template')]
        ],
        predict: () => ['model(data)']
      }
    ),
    sentence_transformers: library(
      'sentence_transformers',
      'Sentence Transformers',
      trans.__('A model that turns sentences into vectors.'),
      'sentence-transformers',
      {
        files: ['data', 'model_binary'],
        options: [
          ['source_model_name', trans.__('Base model')],
          ['pipeline_model_type', trans.__('Model class')]
        ],
        predict: () => ['model.encode(data)']
      }
    ),
    langchain: library(
      'langchain',
      'LangChain',
      trans.__('A chain, agent or runnable, often as code.'),
      'langchain',
      {
        files: ['model_data', 'model_code_path', 'model_load_arg'],
        options: [
          ['model_code_path', trans.__('Code')],
          ['config', trans.__('Configuration')],
          ['streamable', trans.__('Can stream')],
          ['databricks_dependency', trans.__('Databricks resources')]
        ],
        predict: () => ['model.invoke(data)']
      }
    ),
    statsmodels: library(
      'statsmodels',
      'statsmodels',
      trans.__('Results of a fitted statsmodels model.'),
      'statsmodels'
    ),
    prophet: library(
      'prophet',
      'Prophet',
      trans.__('A fitted forecast; wants a column “ds” of dates.'),
      'prophet'
    ),
    fastai: library(
      'fastai',
      'fastai',
      trans.__('An exported fastai Learner.'),
      'fastai',
      {
        predict: () => ['model.get_preds(dl=model.dls.test_dl(data))'],
        removed: '3.0.0'
      }
    ),
    spacy: library(
      'spacy',
      'spaCy',
      trans.__('A spaCy pipeline for text.'),
      'spacy',
      {
        predict: () => ['[model(text) for text in data]']
      }
    ),
    pmdarima: library(
      'pmdarima',
      'pmdarima',
      trans.__('An ARIMA forecast.'),
      'pmdarima',
      {
        predict: () => ['model.predict(n_periods=10)']
      }
    ),
    h2o: library(
      'h2o',
      'H2O',
      trans.__('An H2O model; starts an H2O server, which needs Java.'),
      'h2o',
      {
        predict: () => ['import h2o', 'model.predict(h2o.H2OFrame(data))'],
        options: [['init', trans.__('Start options')]],
        needs: ['java']
      }
    ),
    paddle: library(
      'paddle',
      'PaddlePaddle',
      trans.__('A Paddle model.'),
      'paddlepaddle',
      { files: ['pickled_model'] }
    ),
    shap: library(
      'shap',
      'SHAP',
      trans.__('An explainer for another model.'),
      'shap',
      {
        files: ['serialized_explainer', 'underlying_model_path'],
        options: [
          ['underlying_model_flavor', trans.__('Explains a model of flavor')]
        ],
        predict: () => ['model(data)']
      }
    ),
    llama_index: library(
      'llama_index',
      'LlamaIndex',
      trans.__('An index or engine of LlamaIndex, often as code.'),
      'llama-index',
      {
        files: ['model_code_path', 'settings_path'],
        options: [['engine_type', trans.__('Engine')]],
        predict: () => ['model.query(data)']
      }
    ),
    dspy: library('dspy', 'DSPy', trans.__('A DSPy program.'), 'dspy', {
      predict: () => ['model(data)']
    }),
    openai: library(
      'openai',
      'OpenAI',
      trans.__('A call to an OpenAI API with its prompt.'),
      'openai',
      {
        options: [
          ['task', trans.__('Task')],
          ['model', trans.__('Model')]
        ]
      }
    ),
    diffusers: library(
      'diffusers',
      'Diffusers',
      trans.__('An image generation adapter or pipeline.'),
      'diffusers',
      {
        predict: () => ['model(data)']
      }
    ),
    mleap: {
      ...library(
        'mleap',
        'MLeap',
        trans.__(
          'A Spark pipeline for the Java runtime MLeap; not loaded by Python.'
        ),
        'mleap',
        {
          files: ['model_data', 'input_schema'],
          needs: ['java'],
          removed: '3.0.0'
        }
      ),
      module: null
    },
    crate: {
      ...library(
        'crate',
        trans.__('R function'),
        trans.__('An R function packed with carrier::crate.'),
        'crate',
        {
          files: ['model'],
          needs: ['r']
        }
      ),
      module: null,
      version: null
    }
  };
}

/** Facts of one flavor; of an unknown one what can be told from its own keys and the loader. */
export function factsOf(
  flavor: IFlavor,
  loader: string | null,
  trans: ITrans = english
): IFlavorFacts {
  const table = flavorFacts(trans);
  if (Object.hasOwn(table, flavor.name)) {
    return table[flavor.name];
  }
  const key = Object.keys(flavor.config).find(name => /_version$/.test(name));
  return {
    label: flavor.name,
    about: trans.__(
      'A flavor that MLflow does not bring along; its own package loads it.'
    ),
    module: loader && !loader.startsWith('mlflow.pyfunc') ? loader : null,
    version: key
      ? { key, distribution: key.replace(/_version$/, '').replace(/_/g, '-') }
      : null,
    also: [],
    files: Object.keys(flavor.config).filter(name =>
      /^(data|model|pickled_model|model_data|model_path)$/.test(name)
    ),
    options: [],
    predict: plain,
    needs: [],
    removed: null
  };
}
