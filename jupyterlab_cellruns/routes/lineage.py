"""`GET datasets/uses`: the runs and models that read a dataset; the other ways of lineage are in run and version."""

from __future__ import annotations

from typing import Any

from jupyter_server.auth.decorator import authorized
from tornado import web

from . import arguments
from .encode import encode
from .errors import BadArgument
from .model_files import ModelPlaceHandler

MAX_RUNS = 100
_MAX_EXPERIMENTS = 1000


class DatasetUsesHandler(ModelPlaceHandler):
    """Asked of MLflow's search, over all experiments."""

    @web.authenticated
    @authorized
    async def get(self) -> None:
        """`{runs: [{run_id, name, experiment_id, start_time, models: [id]}], is_cut}` for `name` and `digest`."""
        name, digest = (arguments.text(self.argument(key), key, 500) for key in ("name", "digest"))
        if "'" in name or "'" in digest:
            raise BadArgument("name", "an apostrophe cannot be searched for")
        attached = self.asked_store()
        experiments = await self.blocking(lambda: attached.store().experiments())
        ids = [found["experiment_id"] for found in experiments[:_MAX_EXPERIMENTS]]
        endpoint = await self.store_endpoint()
        wanted: dict[str, Any] = {
            "experiment_ids": ids, "filter": f"datasets.name = '{name}' AND datasets.digest = '{digest}'",
            "max_results": MAX_RUNS, "order_by": ["attributes.start_time DESC"],
        }
        async with await self.context.upstream.lease(endpoint) as lease:
            answer = await self.call(endpoint, lease, "POST", "runs/search", None, wanted)
        runs = [
            {
                "run_id": run["info"]["run_id"], "name": run["info"].get("run_name", ""),
                "experiment_id": run["info"]["experiment_id"], "start_time": run["info"].get("start_time"),
                "models": [model["model_id"] for model in run.get("outputs", {}).get("model_outputs", [])],
            }
            for run in answer.get("runs", [])
        ]
        self.finish(encode({"runs": runs, "is_cut": bool(answer.get("next_page_token"))}))
