import type { IModelFile } from './mlmodel';
import { inputLines, isTensorInput, pythonString } from './pythonInput';
import { atLeast } from './version';

function resultType(model: IModelFile): string {
  const outputs = model.signature?.outputs;
  const type = outputs?.length === 1 ? outputs[0].type : null;
  return type?.kind === 'scalar' &&
    ['boolean', 'integer', 'long', 'float', 'double', 'string'].includes(
      type.name
    )
    ? `, result_type="${type.name === 'integer' ? 'int' : type.name}"`
    : '';
}

const SPARK_TYPES: Record<string, string> = {
  boolean: 'boolean',
  integer: 'int',
  long: 'bigint',
  float: 'float',
  double: 'double',
  string: 'string',
  binary: 'binary',
  datetime: 'timestamp'
};

/** Types of the columns, which Spark else widens to 64 bits: MLflow refuses those where the signature has 32. */
function sparkSchema(model: IModelFile): string {
  const inputs = model.signature?.inputs ?? [];
  const columns = inputs.map(({ name, type }) => {
    const spark = type.kind === 'scalar' ? SPARK_TYPES[type.name] : undefined;
    return name !== null && spark
      ? `\`${name.replace(/`/g, '``')}\` ${spark}`
      : null;
  });
  return columns.length && columns.every(column => column !== null)
    ? `, ${pythonString(columns.join(', '))}`
    : '';
}

/**
 * A UDF gets columns by name, or by place; a tensor as one column of arrays, which MLflow shapes by the signature.
 * For several tensors and for nested types a frame depends too much on the model to be written here.
 */
export function sparkUdf(
  model: IModelFile,
  uri: string,
  mlflowVersion: string
): string {
  const inputs = model.signature?.inputs ?? [];
  const local = atLeast(mlflowVersion, '1.25.0') ? ', env_manager="local"' : '';
  const isArray = isTensorInput(model) && inputs.length === 1;
  const isFrame = inputs.every(column => column.type.kind === 'scalar');
  const names = inputs.map(column => column.name);
  const columns =
    names.length && names.length <= 20 && names.every(name => name !== null)
      ? names.map(name => pythonString(name ?? '')).join(', ')
      : '*frame.columns';
  const use = isArray
    ? [
        'frame = spark.createDataFrame([(row.ravel().tolist(),) for row in data], ["data"])',
        'frame.withColumn("prediction", predict("data")).show()'
      ]
    : isFrame
      ? [
          `frame = spark.createDataFrame(data${sparkSchema(model)})`,
          `frame.withColumn("prediction", predict(struct(${columns}))).show()`
        ]
      : [`# frame.withColumn("prediction", predict(struct(${columns})))`];
  return [
    'import mlflow.pyfunc',
    ...(isArray ? [] : ['from pyspark.sql.functions import struct']),
    'from pyspark.sql import SparkSession',
    ...(isArray || isFrame ? inputLines(model) : ['']),
    '',
    'spark = SparkSession.builder.getOrCreate()',
    `predict = mlflow.pyfunc.spark_udf(spark, ${pythonString(uri)}${resultType(model)}${local})`,
    ...use
  ].join('\n');
}
