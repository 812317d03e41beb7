"""Notebooks of several styles, what an export must find in them, and the changed parameters of their round trips."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from nbformat import v4, write


@dataclass(frozen=True)
class Style:
    """A notebook: cells (a pair is a tag and its code), files beside it, and what is expected."""

    name: str
    cells: list[str | tuple[str, str]]
    form: str
    parameters: dict[str, str]
    """Found and chosen parameters: name to the text of the default."""
    changed: dict[str, str]
    """`-P` values of the round trip, as Python prints them."""
    files: dict[str, str] = field(default_factory=dict)
    counts: list[int | None] | None = None
    requirements: tuple[str, ...] = ()
    codes: tuple[str, ...] = ()
    """Findings that must be there."""

    def build(self, folder: Path, changes: dict[str, str] | None = None) -> Path:
        """Write it; `changes` puts other literals into the constants, which is what a user would do by hand."""
        folder.mkdir(parents=True, exist_ok=True)
        for path, text in self.files.items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_text(text)
        cells: list[Any] = [v4.new_markdown_cell(f"# {self.name}")]
        for place, cell in enumerate(self.cells):
            tag, source = cell if isinstance(cell, tuple) else ("", cell)
            for name, value in (changes or {}).items():
                source = "\n".join(_changed(line, name, value) for line in source.split("\n"))
            node = v4.new_code_cell(source, id=f"c{place}")
            node.metadata["tags"] = [tag] if tag else []
            node.execution_count = self.counts[place] if self.counts else place + 1
            cells.append(node)
        path = folder / f"{self.name}.ipynb"
        metadata = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
        write(v4.new_notebook(cells=cells, metadata=metadata), path)
        return path


def _changed(line: str, name: str, value: str) -> str:
    found = re.match(rf"({name}(: \w+)? = )(.*)$", line)
    if not found:
        return line
    is_text = found[3].startswith(("'", '"'))
    return f"{found[1]}{value!r}" if is_text else f"{found[1]}{value}"


STYLES = [
    Style(
        "autolog",
        [
            "import mlflow\nfrom sklearn.datasets import make_classification\n"
            "from sklearn.linear_model import LogisticRegression",
            "regularization = 0.5  # inverse strength\nrows = 80",
            "mlflow.set_experiment('autolog-here')\nmlflow.sklearn.autolog(log_models=False, log_datasets=False)",
            "x, y = make_classification(n_samples=rows, random_state=3)\n"
            "model = LogisticRegression(C=regularization).fit(x, y)\nmodel.score(x, y)",
        ],
        "notebook", {"regularization": "0.5", "rows": "80"}, {"regularization": "0.01", "rows": "120"},
        requirements=("mlflow", "scikit-learn", "papermill", "ipykernel"), codes=("plumbing",),
    ),
    Style(
        "loop",
        [
            "import mlflow\nimport numpy as np",
            "learning_rate = 0.1\nsteps = 20\nseed = 7",
            "rng = np.random.default_rng(seed)\nweight = rng.normal()",
            "with mlflow.start_run():\n    mlflow.log_param('steps', steps)\n    for step in range(steps):\n"
            "        weight -= learning_rate * weight\n        mlflow.log_metric('loss', float(weight ** 2), step=step)",
        ],
        "script", {"learning_rate": "0.1", "steps": "20", "seed": "7"}, {"learning_rate": "0.25", "steps": "31"},
        requirements=("mlflow", "numpy"),
    ),
    Style(
        "functions",
        [
            "from __future__ import annotations\nimport mlflow\n\nDEPTH = 3\nNOISE: float = 1e-05",
            "def grow(depth: int) -> float:\n    return sum(1 / (i + 1) for i in range(depth)) + NOISE",
            "class Model:\n    def __init__(self):\n        self.value = grow(DEPTH)\n\n    def score(self):\n"
            "        return self.value * 2",
            "with mlflow.start_run(run_name='grown'):\n    mlflow.log_metric('score', Model().score())",
        ],
        "script", {"DEPTH": "3", "NOISE": "1e-05"}, {"DEPTH": "6", "NOISE": "0.5"},
    ),
    Style(
        "local_module",
        [
            "import mlflow\nfrom toolbox import scale\nimport helper",
            "factor = 3",
            "with mlflow.start_run():\n    mlflow.log_metric('value', helper.twice(scale(factor)))",
        ],
        "notebook", {"factor": "3"}, {"factor": "11"},
        files={"helper.py": "import numpy as np\n\ndef twice(x):\n    return float(np.float64(x) * 2)\n",
               "toolbox/__init__.py": "from .inner import scale\n", "toolbox/inner.py": "def scale(x):\n    return x + 0.5\n",
               "unused.py": "raise SystemExit\n"},
        requirements=("numpy",),
    ),
    Style(
        "data_file",
        [
            "import os\nfrom pathlib import Path\nimport mlflow\nimport pandas as pd",
            "column = 'height'\nDATA = Path('data')",
            "table = pd.read_csv(DATA / 'people.csv')\nextra = open(os.path.join('data', 'more', 'extra.txt')).read()",
            "table.to_csv('copy.csv')\nwith mlflow.start_run():\n"
            "    mlflow.log_metric('mean', table[column].mean() + len(extra))\n    mlflow.log_artifact('copy.csv')",
        ],
        "script", {"column": "height"}, {"column": "the weight"},
        files={"data/people.csv": "height,the weight\n1.5,60\n1.8,80\n", "data/more/extra.txt": "abc", "data/other.csv": "x\n"},
        requirements=("pandas",),
    ),
    Style(
        "magics",
        [
            "%matplotlib inline\n%pip install -q numpy\nimport mlflow, numpy as np\nbase = 2",
            "%%time\ntotal = base * 21\ntext = '''\n%not a magic\n!nor this\n'''",
            "words = !echo one two\n!echo total {total}\n%env ANSWER=42",
            "import os\nwith mlflow.start_run():\n"
            "    mlflow.log_metric('total', total + len(words) + int(os.environ['ANSWER']))\n"
            "    mlflow.log_metric('text', len(text))\ndisplay(total)",
        ],
        "script", {"base": "2"}, {"base": "5"}, requirements=("ipython", "numpy"),
        codes=("magic_removed", "magic_rewritten", "magic_installs"),
    ),
    Style(
        "out_of_order",
        [
            "import mlflow\nscale = 4",
            "result = scale * 10",
            "with mlflow.start_run():\n    mlflow.log_metric('result', result)",
        ],
        "notebook", {"scale": "4"}, {"scale": "-2"}, counts=[5, 2, 6], codes=("out_of_order",),
    ),
    Style(
        "unparametrized",
        ["import mlflow", "with mlflow.start_run():\n    for i in range(3):\n        mlflow.log_metric('i', i ** 2, step=i)"],
        "notebook", {}, {},
    ),
    Style(
        "tagged",
        [
            "import mlflow",
            ("parameters", "name = 'plain text'\nshuffle = True\nlayers = [16, 8]\nlimit = None\nrate = 1e-3"),
            "size = sum(layers) * (2 if shuffle else 1) + len(name) + (limit or 0)\nunits = 12",
            "with mlflow.start_run():\n    mlflow.log_metric('size', size * rate + units)",
        ],
        "notebook", {"name": "plain text", "shuffle": "True", "layers": "[16, 8]", "limit": "None", "rate": "0.001"},
        {"name": "it's \"quoted\" $HOME {x}", "shuffle": "False", "layers": "[1, 2, 3]", "limit": "9", "rate": "0.5"},
    ),
    Style(
        "nested",
        [
            "import mlflow\ndepths = [1, 2, 3]\noffset = 10",
            "with mlflow.start_run(run_name='sweep'):\n    for depth in depths:\n"
            "        with mlflow.start_run(run_name=f'depth-{depth}', nested=True):\n"
            "            mlflow.log_metric('value', depth * offset)\n    mlflow.log_metric('best', max(depths) * offset)",
        ],
        "script", {"offset": "10"}, {"offset": "100"},
    ),
]
