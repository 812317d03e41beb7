"""Reads MLproject texts with MLflow's own loader; the TypeScript tests compare with it (src/projects/__tests__).

stdin: `[{"text", "parameters": {name: value}}]`; stdout: for each `{"refused": null or reason, "name", "environment",
"entry_points": {name: {"parameters": {name: [type, default]}, "command", "line": null or text, "line_refused"}}}`.
"""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path
from typing import Any

import yaml
from mlflow.projects._project_spec import load_project


def read(text: str, given: dict[str, str]) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "a" / "b"
        folder.mkdir(parents=True)
        (folder / "MLproject").write_bytes(text.encode())
        try:
            loaded = yaml.safe_load(text)
            for key in ("conda_env", "python_env"):
                path = loaded.get(key) if isinstance(loaded, dict) else None
                if isinstance(path, str) and not path.startswith("missing"):
                    (folder / path).parent.mkdir(parents=True, exist_ok=True)
                    (folder / path).touch()
        except yaml.YAMLError:
            pass
        try:
            project = load_project(folder)
        except Exception as error:
            return {"refused": f"{type(error).__name__}: {error}"}
        entries = {}
        for entry_name, entry in project._entry_points.items():
            mine = {k: v for k, v in given.items()}
            for key, parameter in entry.parameters.items():
                if parameter.default is None and str(key) not in mine:
                    mine[key] = "s3://a b/it's"
            line, refused = None, None
            try:
                line = entry.compute_command(mine, None)
            except Exception as error:
                refused = f"{type(error).__name__}: {error}"
            entries[str(entry_name)] = {
                "parameters": {
                    str(k): [str(p.type), None if p.default is None else str(p.default)] for k, p in entry.parameters.items()
                },
                "command": entry.command, "line": line, "line_refused": refused,
            }
        kind = None if project.databricks_spark_job_spec else project.env_type
        return {"refused": None, "name": project.name and str(project.name), "environment": kind, "entry_points": entries}


def main() -> None:
    print(json.dumps([read(case["text"], case["parameters"]) for case in json.load(sys.stdin)]))


if __name__ == "__main__":
    main()
