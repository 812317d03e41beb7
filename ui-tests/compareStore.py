"""Runs to compare, logged by plain MLflow into mlflow.db of the working directory; prints their ids."""

import json
import math
import os
import random

os.environ["MLFLOW_DISABLE_TELEMETRY"] = "true"

import mlflow
import numpy

mlflow.set_tracking_uri("sqlite:///mlflow.db")
mlflow.create_experiment("sweep", artifact_location=f"file://{os.getcwd()}/mlartifacts/sweep")
mlflow.set_experiment("sweep")
client = mlflow.MlflowClient()
rng = random.Random(7)
START = 1_764_000_000_000
ids = []
for i in range(12):
    lr = [0.3, 0.1, 0.03, 0.01][i % 4]
    optimizer = ["adam", "sgd"][i // 4 % 2]
    depth = 2 + i % 5
    run = client.create_run(mlflow.get_experiment_by_name("sweep").experiment_id, START + i * 60_000, run_name=f"run-{i:02}")
    run_id = run.info.run_id
    ids.append(run_id)
    client.log_param(run_id, "lr", lr)
    client.log_param(run_id, "optimizer", optimizer)
    client.log_param(run_id, "depth", depth)
    client.log_param(run_id, "epochs", 300)
    client.log_param(run_id, "data", f"s3://bucket/set-2026-{1 + i % 2:02}/train.parquet")
    client.set_tag(run_id, "team", ["vision", "nlp"][i % 2])
    speed = 40 * lr + (3 if optimizer == "adam" else 0)
    metrics = []
    for step in range(300):
        loss = math.exp(-speed * step / 300) + 0.02 * depth + 0.02 * rng.random()
        if i == 3 and step == 137:
            loss = 5.0
        at = START + i * 60_000 + step * 100
        metrics.append(mlflow.entities.Metric("loss", loss, at, step))
        metrics.append(mlflow.entities.Metric("epoch", step / 10, at, step))
        metrics.append(mlflow.entities.Metric("accuracy", 1 - loss / 2, at, step))
    for first in range(0, len(metrics), 900):
        client.log_batch(run_id, metrics=metrics[first : first + 900])
    if i < 3:
        client.set_tag(run_id, "cellruns.provenance", run_id)
        for step in (0, 10, 20):
            picture = numpy.full((24, 24, 3), 60 * i + 4 * step, dtype="uint8")
            client.log_image(run_id, picture, key="sample", step=step)
        client.log_table(run_id, {"word": ["yes", "no"], "share": [0.1 * i, 0.5]}, "words.json")
        client.log_text(run_id, json.dumps({
            "version": 1, "omitted": 0, "cells": [
                {"cell_id": "a", "execution_count": 1, "source": "import mlflow", "started_at": 1, "status": "ok"},
                {"cell_id": "b", "execution_count": 2 + i, "source": f"lr = {lr}\ntrain(lr)\n", "started_at": 2, "status": "ok"},
            ]}), "cellruns/cells.json")
        client.log_text(run_id, json.dumps({
            "version": 1, "python": "3.12.1", "platform": "Linux", "packages": {"numpy": f"2.{i}.0", "pandas": "2.2.0"},
        }), "cellruns/environment.json")
    client.set_terminated(run_id, end_time=START + i * 60_000 + 30_000)
print(json.dumps(ids))
