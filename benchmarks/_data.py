"""The store that the benchmarks of the runs table, curves and comparing look at, made anew from a seed.

10 000 runs x 20 params x 20 metrics x 8 tags over 4 experiments, and one run with a metric of 1 000 000 points of which
three are spikes of a single point. The database is made by MLflow itself (`mlflow db upgrade`); the rows are those that
its SqlAlchemyStore writes, inserted in bulk since its API would need hours for them. By hand:

    python benchmarks/_data.py FOLDER [--runs N] [--points N]
"""

from __future__ import annotations

import argparse
import math
import os
import random
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

RUNS = 10_000
POINTS = 1_000_000
EXPERIMENTS = ("resnet", "transformer", "boosting", "baseline")
PARAMS = [
    "lr", "batch_size", "optimizer", "depth", "width", "dropout", "weight_decay", "momentum", "warmup", "scheduler",
    "activation", "seed", "augment", "clip_norm", "label_smoothing", "patience", "epochs", "precision", "data_version",
    "loss_fn",
]  # fmt: skip
METRICS = [
    "loss", "val_loss", "accuracy", "val_accuracy", "f1", "precision", "recall", "auc", "rmse", "mae", "r2",
    "grad_norm", "throughput", "epoch_time", "gpu_memory", "top5", "ece", "brier", "perplexity", "score",
]  # fmt: skip
TAGS = ["mlflow.runName", "mlflow.user", "mlflow.source.name", "mlflow.source.type", "team", "stage", "dataset", "ticket"]
LONG_RUN = "a" * 32
"""Id of the run with the long series."""
LONG_KEY = "signal"
SPIKES = (123_457, 500_001, 876_543)
"""Steps of the points (out of a million) that stand alone: 25 where the rest is within -2 and 2."""
START = 1_760_000_000_000
"""Time (ms) of the first run; one starts every minute."""


def make(folder: Path, runs: int = RUNS, points: int = POINTS) -> Path:
    """Fill `folder`/mlflow.db, and return its path. A database that is there already is taken as it is."""
    folder.mkdir(parents=True, exist_ok=True)
    database = folder / "mlflow.db"
    if database.exists():
        return database
    part = folder / "mlflow.db.part"
    part.unlink(missing_ok=True)
    env = {**os.environ, "MLFLOW_DISABLE_TELEMETRY": "true"}
    command = [sys.executable, "-m", "mlflow", "db", "upgrade", f"sqlite:///{part}"]
    subprocess.run(command, check=True, capture_output=True, env=env)
    with closing(sqlite3.connect(part, isolation_level=None)) as db:
        db.execute("PRAGMA journal_mode=WAL")
        db.execute("PRAGMA synchronous=OFF")
        db.execute("BEGIN")
        _experiments(db)
        _runs(db, runs)
        _long_series(db, points)
        db.execute("COMMIT")
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    part.rename(database)
    return database


def run_id(index: int) -> str:
    """Id of the run with that number."""
    return f"{index * 2654435761 % 2**32:08x}{index:024x}"


def params(index: int) -> dict[str, str]:
    """Params of a run: some with few values, some with many, three that never differ."""
    rng = random.Random(f"params {index}")
    few = {
        "batch_size": [16, 32, 64, 128], "optimizer": ["adam", "sgd", "adamw", "lion"], "depth": list(range(2, 12)),
        "scheduler": ["cosine", "linear", "none"], "activation": ["relu", "gelu", "silu"], "augment": ["True", "False"],
        "precision": ["fp32"], "data_version": ["2026-01"], "loss_fn": ["cross_entropy"], "epochs": [10, 20, 50],
        "width": [64, 128, 256, 512], "warmup": [0, 100, 500, 1000], "patience": [3, 5, 10],
    }  # fmt: skip
    return {
        key: str(rng.choice(few[key]) if key in few else index if key == "seed" else round(10 ** rng.uniform(-5, 0), 6))
        for key in PARAMS
    }


def metrics(index: int) -> dict[str, float]:
    """Last values of a run's metrics."""
    rng = random.Random(f"metrics {index}")
    return {key: rng.random() if rank % 2 else rng.lognormvariate(0, 1) for rank, key in enumerate(METRICS)}


def tags(index: int, name: str) -> dict[str, str]:
    """Tags of a run."""
    rng = random.Random(f"tags {index}")
    return dict(zip(TAGS, [
        name, rng.choice(["ada", "grace", "edsger"]), f"work/{EXPERIMENTS[index % 4]}.ipynb", "NOTEBOOK",
        rng.choice(["vision", "nlp", "tabular"]), rng.choice(["dev", "candidate", "prod"]),
        rng.choice(["cifar10", "imagenet", "wikitext", "adult"]), f"T-{rng.randrange(1000)}",
    ], strict=True))  # fmt: skip


def _experiments(db: sqlite3.Connection) -> None:
    db.executemany(
        "INSERT INTO experiments (experiment_id, name, artifact_location, lifecycle_stage, creation_time, "
        "last_update_time, workspace) VALUES (?, ?, ?, 'active', ?, ?, 'default')",
        [(i, name, f"mlflow-artifacts:/{i}", START, START + i) for i, name in enumerate(EXPERIMENTS, 1)],
    )


def _insert_run(db: sqlite3.Connection, run: str, name: str, user: str, start: int, end: int, experiment: int) -> None:
    db.execute(
        "INSERT INTO runs (run_uuid, name, source_type, source_name, entry_point_name, user_id, status, start_time, "
        "end_time, deleted_time, source_version, lifecycle_stage, artifact_uri, experiment_id) "
        "VALUES (?, ?, 'UNKNOWN', '', '', ?, 'FINISHED', ?, ?, NULL, '', 'active', ?, ?)",
        (run, name, user, start, end, f"mlflow-artifacts:/{experiment}/{run}/artifacts", experiment),
    )


def _runs(db: sqlite3.Connection, count: int) -> None:
    for index in range(count):
        run, name = run_id(index), f"{('calm', 'brisk', 'odd', 'keen')[index % 4]}-owl-{index}"
        start = START + index * 60_000
        tagged = tags(index, name)
        experiment = 1 + index % len(EXPERIMENTS)
        _insert_run(db, run, name, tagged["mlflow.user"], start, start + 30_000 + index % 997 * 100, experiment)
        db.executemany("INSERT INTO params (key, value, run_uuid) VALUES (?, ?, ?)",
                       [(k, v, run) for k, v in params(index).items()])  # fmt: skip
        db.executemany("INSERT INTO tags (key, value, run_uuid) VALUES (?, ?, ?)",
                       [(k, v, run) for k, v in tagged.items()])  # fmt: skip
        _points(db, run, [(k, v, start + 1000, 0) for k, v in metrics(index).items()])
        _latest(db, run, [(k, v, start + 1000, 0) for k, v in metrics(index).items()])


def _long_series(db: sqlite3.Connection, points: int) -> None:
    _insert_run(db, LONG_RUN, "long", "ada", START - 60_000, START, 1)
    db.execute("INSERT INTO tags (key, value, run_uuid) VALUES ('mlflow.runName', 'long', ?)", (LONG_RUN,))

    def rows() -> Iterator[tuple[str, float, int, int]]:
        rng = random.Random(1)
        for step in range(points):
            value = math.sin(step / (points / 40)) + max(-0.9, min(0.9, rng.gauss(0, 0.1)))
            yield LONG_KEY, 25.0 if step in SPIKES else value, START - 60_000 + step // 20, step

    last = None
    batch = []
    for row in rows():
        batch.append(row)
        if len(batch) == 50_000:
            _points(db, LONG_RUN, batch)
            last, batch = batch[-1], []
    if batch:
        _points(db, LONG_RUN, batch)
        last = batch[-1]
    if last:
        _latest(db, LONG_RUN, [last])


def _points(db: sqlite3.Connection, run: str, rows: list[tuple[str, float, int, int]]) -> None:
    db.executemany(
        "INSERT INTO metrics (key, value, timestamp, step, is_nan, run_uuid) VALUES (?, ?, ?, ?, 0, ?)",
        [(*row, run) for row in rows],
    )


def _latest(db: sqlite3.Connection, run: str, rows: list[tuple[str, float, int, int]]) -> None:
    db.executemany(
        "INSERT INTO latest_metrics (key, value, timestamp, step, is_nan, run_uuid) VALUES (?, ?, ?, ?, 0, ?)",
        [(*row, run) for row in rows],
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--runs", type=int, default=RUNS)
    parser.add_argument("--points", type=int, default=POINTS)
    given = parser.parse_args()
    print(make(given.folder, given.runs, given.points))


if __name__ == "__main__":
    main()
