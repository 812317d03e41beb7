"""Loads a model and predicts once. Run by the kernel's own Python: syntax of 3.8, MLflow 1.x to 3.x.

Reads one line of JSON from stdin: `{"path", "input": text or null, "params": {} or null}`; stdin stays open, and its
end means that who started us is gone. Writes JSON lines to stdout: `{"phase"}` as it goes on, at last
`{"result"}` or `{"error", "where", "trace"}`. What the model prints goes to stderr.
"""

import sys

# `python -c` looks in the working folder first.
sys.path = [entry for entry in sys.path if entry]

import json  # noqa: E402
import math  # noqa: E402
import os  # noqa: E402
import threading  # noqa: E402
import time  # noqa: E402
import traceback  # noqa: E402

MAX_ROWS = 200
MAX_COLUMNS = 200
MAX_TEXT = 100_000

channel = os.fdopen(os.dup(1), "w", encoding="utf-8")
os.dup2(2, 1)


def say(message):
    channel.write(json.dumps(message) + "\n")
    channel.flush()


def watch():
    while os.read(0, 4096):
        pass
    os._exit(0)


def read_line():
    line = b""
    while not line.endswith(b"\n"):
        more = os.read(0, 1 << 16)
        if not more:
            os._exit(0)
        line += more
    return json.loads(line)


def main():
    job = read_line()
    threading.Thread(target=watch, daemon=True).start()
    where = "import"
    try:
        say({"phase": "import"})
        import mlflow
        import mlflow.pyfunc
        from mlflow.models import Model

        where = "load"
        say({"phase": "load", "mlflow": mlflow.__version__})
        began = time.monotonic()
        info = Model.load(os.path.join(job["path"], "MLmodel"))
        model = mlflow.pyfunc.load_model(job["path"])
        loaded = time.monotonic()
        where = "input"
        say({"phase": "input"})
        data = take_input(info, job)
        where = "predict"
        say({"phase": "predict"})
        start = time.monotonic()
        output = predict(model, data, job.get("params"))
        end = time.monotonic()
        where = "output"
        result = show(output)
        result["given"] = summary(data)
        result["checks"] = check(info, output)
        result["seconds"] = {"load": loaded - began, "predict": end - start}
        say({"result": result})
    except BaseException as error:
        text = "%s: %s" % (type(error).__name__, error)
        say({"error": text[:4000], "where": where, "trace": traceback.format_exc()[-8000:]})
        return 1
    return 0


def take_input(info, job):
    text = job.get("input")
    if text is None:
        data = info.load_input_example(job["path"])
        if data is None:
            raise ValueError("The model has no input example; write an input")
        return data
    return parse(json.loads(text), info.get_input_schema())


def parse(value, schema):
    """The forms that `/invocations` takes, the forms of input_example.json, else the JSON value itself."""
    from mlflow.utils import proto_json_utils as pj

    tensors = schema is not None and schema.is_tensor_spec()
    if isinstance(value, dict):
        keys = set(value) - {"params"}
        if keys == {"dataframe_split"}:
            return pj.dataframe_from_parsed_json(value["dataframe_split"], "split", schema)
        if keys == {"dataframe_records"}:
            return pj.dataframe_from_parsed_json(value["dataframe_records"], "records", schema)
        if keys == {"inputs"} or keys == {"instances"}:
            return pj.parse_tf_serving_input({k: value[k] for k in keys}, schema)
        if "data" in keys and keys <= {"columns", "index", "data"}:
            return pj.dataframe_from_parsed_json(value, "split", None if tensors else schema)
    if tensors:
        return pj.parse_tf_serving_input({"inputs": value}, schema)
    if isinstance(value, list) and value and all(isinstance(row, dict) for row in value) and frame_like(schema):
        return pj.dataframe_from_parsed_json(value, "records", schema)
    return value


def frame_like(schema):
    """Whether a list of objects is a table for this model."""
    if schema is None:
        return True
    return bool(schema.input_names()) and all(hasattr(kind, "to_pandas") for kind in schema.input_types())


def predict(model, data, params):
    output = model.predict(data, params=params) if params else model.predict(data)
    if hasattr(output, "__next__"):
        output = [item for _, item in zip(range(MAX_ROWS), output)]
    return output


def plain(value):
    """A JSON value of one cell."""
    import numpy as np

    if isinstance(value, np.generic):
        value = value.item()
    if value is None or isinstance(value, (bool, int, str)):
        return value if not isinstance(value, str) else value[:MAX_TEXT]
    if isinstance(value, float):
        return value if math.isfinite(value) else "NaN" if value != value else "Infinity" if value > 0 else "-Infinity"
    if isinstance(value, np.ndarray):
        return plain(value.tolist()) if value.size <= 10_000 else "array %s %s" % (value.dtype, value.shape)
    if isinstance(value, dict):
        return {str(k): plain(v) for k, v in list(value.items())[:1000]}
    if isinstance(value, (list, tuple)):
        return [plain(v) for v in value[:1000]]
    if hasattr(value, "isoformat"):
        return value.isoformat()
    if hasattr(value, "model_dump"):
        return plain(value.model_dump())
    return str(value)[:MAX_TEXT]


def show(output):
    """`{kind: table, columns, types, rows, total}` where it is one, else `{kind: json, text}`; `type` names the class."""
    import numpy as np
    import pandas as pd

    name = type(output).__name__
    if hasattr(output, "toPandas"):
        output = output.toPandas()
    if isinstance(output, pd.Series):
        output = output.to_frame(output.name if output.name is not None else 0)
    if isinstance(output, dict) and output and all(isinstance(v, np.ndarray) and v.ndim == 1 for v in output.values()):
        if len({len(v) for v in output.values()}) == 1:
            output = pd.DataFrame(output)
    if hasattr(output, "todense"):
        output = np.asarray(output.todense())
    if isinstance(output, np.ndarray) and output.ndim in (1, 2):
        note = "%s %s" % (output.dtype, list(output.shape))
        table = output.reshape(len(output), -1)
        columns = [str(i) for i in range(table.shape[1])]
        return bounded(columns, [str(output.dtype)] * len(columns), table, len(table), "%s %s" % (name, note))
    if isinstance(output, np.ndarray):
        return as_text(output.tolist() if output.size <= 20_000 else str(output),
                       "%s %s %s" % (name, output.dtype, list(output.shape)))
    if isinstance(output, pd.DataFrame):
        types = [str(kind) for kind in output.dtypes]
        values = output.iloc[:MAX_ROWS, :MAX_COLUMNS].to_numpy(dtype=object)
        return bounded([str(c) for c in output.columns], types, values, len(output), name)
    if isinstance(output, (list, tuple)) and output:
        if all(isinstance(row, dict) for row in output) and len(output) <= 10_000:
            columns = list(dict.fromkeys(str(key) for row in output for key in row))
            values = [[row.get(c) for c in columns] for row in output[:MAX_ROWS]]
            return bounded(columns, [""] * len(columns), values, len(output), name)
        if not any(isinstance(row, (dict, list, tuple, np.ndarray)) for row in output):
            kinds = {type(row).__name__ for row in output}
            return bounded(["0"], [kinds.pop() if len(kinds) == 1 else ""], [[v] for v in output[:MAX_ROWS]],
                           len(output), name)
    return as_text(output, name)


def bounded(columns, types, rows, total, name):
    shown = [[plain(value) for value in row[:MAX_COLUMNS]] for row in rows[:MAX_ROWS]]
    while len(shown) > 1 and len(json.dumps(shown)) > 1_000_000:
        shown = shown[: len(shown) // 2]
    return {"kind": "table", "type": name, "columns": columns[:MAX_COLUMNS], "columns_total": len(columns),
            "types": types[:MAX_COLUMNS], "rows": shown, "total": total}


def as_text(output, name):
    text = output if isinstance(output, str) else json.dumps(plain(output), indent=2, ensure_ascii=False)
    return {"kind": "json", "type": name, "text": text[:MAX_TEXT], "is_cut": len(text) > MAX_TEXT}


def summary(data):
    shape = getattr(data, "shape", None)
    name = type(data).__name__
    return "%s %s" % (name, " x ".join(map(str, shape))) if shape else name


def check(info, output):
    """The output against the signature, as `[{ok, text}]`; [] where the model states no outputs."""
    schema = info.get_output_schema()
    if schema is None:
        return []
    from mlflow.types.utils import _infer_schema

    try:
        found = _infer_schema(output)
    except Exception as error:
        return [{"ok": False, "text": "MLflow cannot tell the schema of the output: %s" % error}]
    if schema.is_tensor_spec():
        return tensors(schema, found)
    return columns(schema, found, output)


def tensors(schema, found):
    wanted, got = list(schema.inputs), list(found.inputs)
    if not found.is_tensor_spec():
        return [{"ok": False, "text": "The signature wants tensors, the output is %s" % type_words(found)}]
    answer = []
    if len(wanted) != len(got):
        answer.append({"ok": False, "text": "%d outputs, the signature has %d" % (len(got), len(wanted))})
    names = {spec.name: spec for spec in got}
    for n, spec in enumerate(wanted):
        other = names.get(spec.name) if spec.name is not None else got[n] if n < len(got) else None
        label = "" if spec.name is None else "%s: " % spec.name
        if other is None:
            answer.append({"ok": False, "text": "%sis missing" % label})
            continue
        same_rank = len(spec.shape) == len(other.shape)
        # The first dimension of what was inferred is already -1; others are what came.
        fits = same_rank and all(a == -1 or b == -1 or a == b for a, b in zip(spec.shape, other.shape))
        ok = fits and spec.type == other.type
        text = "%s%s %s" % (label, other.type, list(other.shape))
        if not ok:
            text += ", the signature says %s %s" % (spec.type, list(spec.shape))
        answer.append({"ok": ok, "text": text})
    return answer


def columns(schema, found, output):
    if found.is_tensor_spec():
        # Arrays come back for columns too, as from most scikit-learn models.
        spec = found.inputs[0]
        width = spec.shape[1] if len(spec.shape) == 2 else 1
        ok = len(found.inputs) == 1 and len(spec.shape) <= 2 and width in (-1, len(schema.inputs))
        kinds = [numpy_kind(kind) for kind in schema.input_types()]
        same = [kind is None or kind == spec.type for kind in kinds]
        text = "an array %s %s for %d column%s" % (
            spec.type, list(spec.shape), len(schema.inputs), "" if len(schema.inputs) == 1 else "s")
        if not all(same):
            text += ", the signature says %s" % type_words(schema)
        return [{"ok": bool(ok and all(same)), "text": text}]
    answer = []
    if not schema.has_input_names():
        wanted, got = list(schema.input_types()), list(found.input_types())
        if len(wanted) != len(got):
            return [{"ok": False, "text": "%d columns, the signature has %d" % (len(got), len(wanted))}]
        for n, (a, b) in enumerate(zip(wanted, got)):
            answer.append(one("column %d" % n, a, b))
        return answer
    got = dict(zip(found.input_names(), found.input_types())) if found.has_input_names() else {}
    required = getattr(schema, "required_input_names", schema.input_names)()
    for name, kind in zip(schema.input_names(), schema.input_types()):
        if name in got:
            answer.append(one(name, kind, got[name]))
        elif name in required:
            answer.append({"ok": False, "text": "%s: is missing" % name})
    for name in got:
        if name not in schema.input_names():
            answer.append({"ok": False, "text": "%s: is not in the signature" % name})
    return answer


def one(name, wanted, got):
    ok = wanted == got or str(wanted) in ("Any", "AnyType()", "any")
    text = "%s: %s" % (name, words(got))
    return {"ok": ok, "text": text if ok else "%s, the signature says %s" % (text, words(wanted))}


def words(kind):
    return getattr(kind, "name", None) or str(kind)


def numpy_kind(kind):
    try:
        return kind.to_numpy()
    except Exception:
        return None


def type_words(schema):
    return ", ".join(words(kind) for kind in schema.input_types())


if __name__ == "__main__":
    code = main()
    channel.flush()
    # Threads of libraries must not hold us up.
    os._exit(code)
