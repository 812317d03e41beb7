"""Real models, made by the libraries that are installed here, in a process of their own."""

from __future__ import annotations

import sys
from pathlib import Path

from ..command import call

MAKE = '''
import sys, warnings; warnings.filterwarnings("ignore")
import lightgbm, mlflow.lightgbm, mlflow.pyfunc, mlflow.sklearn, numpy as np, pandas as pd
from mlflow.models import infer_signature
from sklearn.linear_model import LinearRegression

frame = pd.DataFrame({"width": [0.1, 0.2, 0.4], "count": np.array([1, 2, 3], dtype="int32")})
fitted = LinearRegression().fit(frame, [1.0, 2.0, 3.0])
signature = infer_signature(frame, fitted.predict(frame))
mlflow.sklearn.save_model(fitted, "table", signature=signature, input_example=frame)

array = np.arange(20.0).reshape(5, 4)
fitted = LinearRegression().fit(array, array[:, 0])
signature = infer_signature(array, fitted.predict(array))
mlflow.sklearn.save_model(fitted, "tensor", signature=signature, input_example=array)

booster = lightgbm.train({"objective": "regression", "verbose": -1, "min_data_in_leaf": 1},
                         lightgbm.Dataset(frame, [1.0, 2.0, 3.0]), 3)
mlflow.lightgbm.save_model(booster, "boosted", signature=infer_signature(frame, booster.predict(frame)),
                           input_example=frame)

class Custom(mlflow.pyfunc.PythonModel):
    """Does what its input says."""

    def predict(self, context, model_input, params=None):
        import os, sys, time
        word = str(model_input["do"].iloc[0])
        print("said by the model:", word)
        if word == "sleep":
            time.sleep(600)
        if word == "eat":
            self.kept = [bytearray(os.urandom(1 << 20)) * 16 for _ in range(1000)]
        if word == "exit":
            os._exit(7)
        if word == "raise":
            raise RuntimeError("not today")
        if word == "environment":
            return pd.DataFrame({"name": list(os.environ)})
        if word == "params":
            return pd.DataFrame({"word": [str(params)]})
        return pd.DataFrame({"word": [word], "times": [2 if word == "int" else "two"]})

signature = infer_signature(pd.DataFrame({"do": ["a"]}), pd.DataFrame({"word": ["a"], "times": [2]}), {"level": 1})
mlflow.pyfunc.save_model("custom", python_model=Custom(), signature=signature,
                         input_example=pd.DataFrame({"do": ["int"]}))
'''


def make(folder: Path) -> None:
    """`table` (scikit-learn), `tensor`, `boosted` (LightGBM) and `custom` (pyfunc) in a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    call(sys.executable, "-c", MAKE, cwd=folder)
