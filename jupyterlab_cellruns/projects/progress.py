"""How far a run is, read from what `mlflow run`, pip, uv and papermill print."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Literal

Step = Literal["starting", "fetching", "environment", "running", "ended"]

_RUN = re.compile(r"=== Running command '(?P<command>.*)' in run with ID '(?P<run>[0-9a-zA-Z]+)'")
_CREATED = re.compile(r"[Rr]un with ID '?(?P<run>[0-9a-f]{32})")
_PAPERMILL = re.compile(r"Executing:\s+(?P<percent>\d+)%\|.*?\|\s*(?P<done>\d+)/(?P<all>\d+)")
_ANSI = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
_HINTS: tuple[tuple[str, str], ...] = (
    (r"No value given for missing parameters", "Give the parameters that have no default a value."),
    (r"Could not find \S+ among entry points \[\]",
     "There is no MLproject file with entry points: MLflow reads only one that is named MLproject, without an ending. "
     "Rename it, or name a script such as train.py as entry point."),
    (r"Could not find \S+ among entry points \[[^\]]", "Choose an entry point that the MLproject file defines."),
    (r"Changing param values is not allowed",
     "The notebook logs the parameter itself, with another text than was given: write numbers as Python prints them "
     "(0.001, not 1e-3)."),
    (r"active experiment ID .* does not match environment run ID|Cannot start run with ID .* because active experiment",
     "The code calls set_experiment; leave that to `mlflow run`."),
    (r"conda dependencies will not be installed in the resulting environment(?s:.*)ModuleNotFoundError",
     "The environment names packages of conda, which only conda installs: choose conda, or list them below pip."),
    (r"ModuleNotFoundError: No module named '([^']+)'",
     "A package is missing in the environment: add it to requirements.txt, or choose a manager that makes a new "
     "environment."),
    (r"references untrusted types|AttributeError: .* has no attribute|ImportError: cannot import name|"
     r"TypeError: .* got an unexpected keyword argument",
     "The code may be written for other versions of its packages: choose a manager that makes the project's own "
     "environment, or pin the versions."),
    (r"papermill: command not found|papermill: not found",
     "papermill is not in this environment: `pip install papermill`, or choose a manager that makes a new environment."),
    (r"No kernel named|NoSuchKernel", "The environment has no Python kernel: add ipykernel to requirements.txt."),
    (r"Can't locate revision identified by|[Dd]etected out-of-date database schema",
     "The project's environment has another MLflow than the one that made the database: run it against a server "
     "(`mlflow server`, or from JupyterLab), or give it the same version."),
    (r"Command: \['uv', 'venv', .*--python=",
     "uv found no Python of that version here and could not fetch one: install it, put it into PATH, or change the "
     "version in the environment's file."),
    (r"Could not find the pyenv binary|pyenv: command not found", "Install pyenv, or choose uv."),
    (r"Could not find Conda executable", "Install conda, or choose uv."),
    (r"Cannot connect to the Docker daemon|Docker executable|docker: not found", "Start docker, or change the project."),
    (r"No matching distribution found|No solution found when resolving",
     "A version in requirements.txt is not to be had for this Python and platform: loosen it."),
    (r"Authentication failed|could not read Username|Permission denied \(publickey\)|terminal prompts disabled",
     "Git may not read the repository: set up a credential helper or key for it in a terminal."),
    (r"Repository not found|repository '.*' (?:does not exist|not found)|does not appear to be a git repository",
     "Check the address of the repository."),
    (r"Unable to checkout version", "Check the branch, tag or commit."),
    (r"Could not resolve host|Connection refused|Max retries exceeded|ConnectionError|Network is unreachable",
     "The network, or the server named above, was not reached."),
    (r"FileNotFoundError: .*No such file or directory: '?([^']+)'?",
     "A file is missing in the project: put it there, or give its path as parameter."),
    (r"no such file or directory was found", "A parameter of type path names a file that is not there."),
    (r"MemoryError|Killed$|Cannot allocate memory", "The machine has too little memory for this run."),
)


@dataclass
class Progress:
    """State of a run, fed line by line."""

    step: Step = "starting"
    detail: str = ""
    run_id: str | None = None
    done: int = 0
    all: int = 0
    tail: list[str] = field(default_factory=list)

    def feed(self, line: str) -> None:
        """Take one line of the output."""
        line = _ANSI.sub("", line).rstrip()
        if not line:
            return
        papermill = _PAPERMILL.search(line)
        if papermill:
            self.done, self.all = int(papermill["done"]), int(papermill["all"])
            return
        self.tail = [*self.tail[-199:], line[:2000]]
        running = _RUN.search(line)
        if running:
            self.step, self.run_id, self.detail = "running", running["run"], ""
        elif "=== Fetching project" in line:
            self.step, self.detail = "fetching", ""
        elif "Creating a new environment" in line or "Creating conda environment" in line or "Installing python" in line:
            self.step, self.detail = "environment", "making the environment"
        elif "Installing dependencies" in line:
            self.step, self.detail = "environment", "installing packages"
        elif "Building docker image" in line or "=== Building docker" in line:
            self.step, self.detail = "environment", "building the image"
        if self.run_id is None:
            created = _CREATED.search(line)
            self.run_id = created["run"] if created else None

    @property
    def fraction(self) -> float | None:
        """Done part of the run, where papermill tells it."""
        return self.done / self.all if self.all else None


def advice(tail: list[str]) -> list[str]:
    """What to try after a failed run, the likeliest first; empty where nothing is known."""
    text = "\n".join(tail)
    return list(dict.fromkeys(hint for pattern, hint in _HINTS if re.search(pattern, text, re.MULTILINE)))


def last_lines(tail: list[str], count: int = 12) -> list[str]:
    """The last lines that say something: frames of MLflow's own command line are left out."""
    lines = [line for line in tail if "site-packages/mlflow/" not in line and "site-packages/click/" not in line]
    return (lines or tail)[-count:]
