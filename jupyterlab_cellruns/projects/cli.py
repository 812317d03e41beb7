"""`jupyter cellruns export | prove | run`: what the dialogs do, for scripts and CI.

Exit codes: 0 well; 1 the notebook would not run clean, or files are in the way; 2 wrong use; 3 the proof ran, but gave
other metrics; 4 the run failed.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import uuid
import warnings
from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from ..models.executable import Interpreter, NoPython, of_spec
from . import managers
from .command import RunRequest, shown
from .notebook import NotebookRefused

if TYPE_CHECKING:
    from .export import Export
    from .proof import Verdict


def main(argv: Sequence[str] | None = None) -> int:
    """The console script `jupyter-cellruns`."""
    arguments = _parser().parse_args(argv)
    # nbformat's, of notebooks older than its 4.5; they are exported as they are.
    warnings.filterwarnings("ignore", message=".*missing an id field.*")
    try:
        return int(arguments.act(arguments))
    except (NotebookRefused, ValueError, OSError) as error:
        hint = getattr(error, "hint", "")
        print(f"jupyter cellruns: {error}" + (f"\n{hint}" if hint else ""), file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="jupyter cellruns", description="MLflow projects from notebooks.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    export = commands.add_parser("export", help="export a notebook as an MLproject")
    export.set_defaults(act=_export)
    export.add_argument("notebook", type=Path)
    export.add_argument("folder", type=Path)
    export.add_argument("--form", choices=("notebook", "script"), default="notebook", help="entry point (notebook)")
    export.add_argument("--environment", choices=("python_env", "uv", "conda"), default="python_env",
                        help="requirements.txt, that and uv.lock, or conda.yaml (python_env)")
    export.add_argument("--parameter", action="append", metavar="NAME", help="a parameter; all that fit without it")
    export.add_argument("--no-parameters", action="store_true")
    export.add_argument("--name", default="", help="name of the project")
    export.add_argument("--kernel", help="kernelspec whose packages count (the notebook's)")
    export.add_argument("--python", help="the Python whose packages count, in place of a kernelspec")
    export.add_argument("--max-file-mb", type=float, default=10, help="largest data file to copy (10)")
    export.add_argument("--overwrite", action="store_true", help="replace files of the folder")
    export.add_argument("--force", action="store_true", help="export in spite of errors")
    export.add_argument("--dry-run", action="store_true", help="write nothing")
    export.add_argument("--json", action="store_true", help="the findings as JSON")
    export.add_argument("--prove", action="store_true", help="run the export clean and compare its metrics")
    _add_proof(export)

    prove = commands.add_parser("prove", help="run an export clean and compare its metrics with its notebook's")
    prove.set_defaults(act=_prove)
    prove.add_argument("folder", type=Path)
    prove.add_argument("--notebook", default="", help="path of the notebook, as its runs name it")
    _add_proof(prove)

    run = commands.add_parser("run", help="run an MLproject")
    run.set_defaults(act=_run)
    run.add_argument("uri", help="a folder or a Git address, #folder for one inside")
    run.add_argument("-e", "--entry-point", default="main")
    run.add_argument("-P", "--param", action="append", default=[], metavar="NAME=VALUE")
    run.add_argument("-v", "--version", default="", help="branch, tag or commit of a Git address")
    run.add_argument("--env-manager", choices=managers.MANAGERS, default="", help="MLflow's own choice without it")
    run.add_argument("--experiment-name", default="")
    run.add_argument("--run-name", default="")
    return parser


def _add_proof(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--env-manager", choices=managers.MANAGERS, default="uv", help="of the clean run (uv)")
    parser.add_argument("--tolerance", type=float, default=1e-3, help="relative difference that passes (0.001)")
    parser.add_argument("--baseline", metavar="RUN_ID", help="run to compare with (the notebook's last)")
    parser.add_argument("--tracking-uri", default=os.environ.get("MLFLOW_TRACKING_URI", ""),
                        help="the store (MLFLOW_TRACKING_URI, else mlflow.db here)")


def _export(arguments: argparse.Namespace) -> int:
    from .export import Request, prepare
    from .plan import Options
    from .writer import Exists

    parameters = () if arguments.no_parameters else tuple(arguments.parameter) if arguments.parameter else None
    options = Options(arguments.form, arguments.environment, parameters, arguments.name)
    export = prepare(Request(
        arguments.notebook, arguments.folder, options, interpreter=_interpreter(arguments),
        max_file=int(arguments.max_file_mb * 1e6),
    ))
    _tell(export, arguments.json)
    if export.plan.errors and not arguments.force:
        print("Nothing was written; --force exports in spite of the errors.", file=sys.stderr)
        return 1
    if arguments.dry_run:
        return 0
    try:
        written = export.write(arguments.overwrite)
    except Exists as error:
        print(f"jupyter cellruns: {error}\nNothing was written; --overwrite replaces these files.", file=sys.stderr)
        return 1
    if not arguments.json:
        print(f"{arguments.folder}: {', '.join(written)}")
        print(f"Run it: {shown(RunRequest(str(arguments.folder), env_manager=arguments.env_manager))}")
    if not arguments.prove:
        return 0
    return _proof(arguments, arguments.folder, str(arguments.notebook))


def _prove(arguments: argparse.Namespace) -> int:
    from .clean import record

    return _proof(arguments, arguments.folder, arguments.notebook or str(record(arguments.folder).get("notebook", "")))


def _proof(arguments: argparse.Namespace, folder: Path, notebook: str) -> int:
    from . import execute
    from .progress import Progress
    from .served import served
    from .trackers import ClientTracker

    against = managers.reason_against(arguments.env_manager)
    if against is not None:
        print(f"jupyter cellruns: {against}", file=sys.stderr)
        return 2
    uri = arguments.tracking_uri or f"sqlite:///{Path('mlflow.db').resolve()}"
    with served(uri) as address:
        place = _place(address)
        try:
            verdict = execute.prove(
                folder.resolve(), RunRequest(str(folder), env_manager=arguments.env_manager), place,
                ClientTracker(address), Progress(), notebook=notebook, baseline=arguments.baseline,
                tolerance=arguments.tolerance,
            )
        finally:
            place.log.unlink(missing_ok=True)
    return _say(verdict)


def _say(verdict: Verdict) -> int:
    print(verdict.sentence)
    for d in verdict.differences:
        note = " (time, not counted)" if d.timing else ""
        print(f"  {d.run} {d.key}: notebook {d.notebook}, project {d.project}{note}")
    for line in verdict.advice:
        print(f"Try: {line}")
    return {"same": 0, "within": 0, "ran": 0, "different": 3, "failed": 4}[verdict.outcome]


def _run(arguments: argparse.Namespace) -> int:
    from . import execute
    from .progress import Progress, advice
    from .served import served

    parameters: dict[str, str] = {}
    for word in arguments.param:
        name, sign, value = word.partition("=")
        if not sign or name in parameters:
            why = "is given twice" if sign else "wants NAME=VALUE"
            print(f"jupyter cellruns run: -P {word}: {why}", file=sys.stderr)
            return 2
        parameters[name] = value
    against = managers.reason_against(arguments.env_manager) if arguments.env_manager else None
    if against is not None:
        print(f"jupyter cellruns: {against}", file=sys.stderr)
        return 2
    request = RunRequest(
        arguments.uri, arguments.entry_point, parameters, arguments.version, arguments.env_manager,
        arguments.experiment_name, arguments.run_name,
    )
    here = Path("mlflow.db")
    uri = os.environ.get("MLFLOW_TRACKING_URI", "") or (f"sqlite:///{here.resolve()}" if here.exists() else "")
    progress = Progress()
    with served(uri) as address:
        place = _place(address)
        try:
            code = execute.run(request, place, None, progress)
        finally:
            place.log.unlink(missing_ok=True)
    for line in advice(progress.tail) if code else []:
        print(f"Try: {line}", file=sys.stderr)
    return 4 if code else 0


def _place(uri: str) -> Any:
    import tempfile

    from .execute import Place

    handle, log = tempfile.mkstemp(prefix="cellruns-", suffix=".log")
    os.close(handle)
    tracking = {"MLFLOW_TRACKING_URI": uri} if uri else {}
    if os.environ.get("MLFLOW_TRACKING_TOKEN"):
        tracking["MLFLOW_TRACKING_TOKEN"] = os.environ["MLFLOW_TRACKING_TOKEN"]
    processes: list[Any] = []
    place = Place(
        uuid.uuid4().hex, Path(log), Path.cwd(), tracking, on_line=lambda line: print(line, flush=True),
        on_start=processes.append,
    )
    _end_with_us(processes)
    return place


def _end_with_us(processes: list[Any]) -> None:
    """A run that is stopped by a signal takes its whole tree along."""
    import signal

    def stop(number: int, _frame: object) -> None:
        for process in processes:
            process.cancel()
        raise SystemExit(128 + number)

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, stop)


def _interpreter(arguments: argparse.Namespace) -> Interpreter | None:
    if arguments.python:
        return Interpreter(arguments.python)
    from jupyter_client.kernelspec import KernelSpecManager

    from .notebook import read

    name = arguments.kernel or read(arguments.notebook).kernel_name
    try:
        return of_spec(SimpleNamespace(kernel_spec_manager=KernelSpecManager()), name)
    except NoPython as error:
        raise ValueError(f"{error} Name another by --kernel, or a Python by --python.") from error


def _tell(export: Export, as_json: bool) -> None:
    if as_json:
        answer = {**export.analysis.json(), "findings": [f.json() for f in export.plan.findings],
                  "command": export.plan.command, "files": [f.path for f in export.plan.files]}
        print(json.dumps(answer, indent=2))
        return
    for finding in export.plan.findings:
        print(finding.text(), file=sys.stderr if finding.level == "error" else sys.stdout)
    for p in export.plan.parameters:
        print(f"parameter {p.name}: {p.mlproject_type} = {p.default}")


if __name__ == "__main__":
    sys.exit(main())
