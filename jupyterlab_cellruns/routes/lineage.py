"""`GET datasets/uses`, `GET projects/uses`: runs and models of a dataset, of a project; the rest is in run and version."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from jupyter_server.auth.decorator import authorized
from tornado import web

from ..projects.command import JOB_TAG
from ..projects.execute import PROJECT_TAG
from . import arguments
from .encode import encode
from .errors import BadArgument
from .model_files import ModelPlaceHandler

MAX_RUNS = 100
_MAX_EXPERIMENTS = 1000


class UsesHandler(ModelPlaceHandler):
    """Asks MLflow's search, over all experiments."""

    async def search(self, query: str) -> tuple[list[dict[str, Any]], bool]:
        """Runs by a filter, newest first, and whether there are more."""
        attached = self.asked_store()
        if not attached.exists():
            return [], False
        experiments = await self.blocking(lambda: attached.store().experiments())
        ids = [found["experiment_id"] for found in experiments[:_MAX_EXPERIMENTS]]
        endpoint = await self.store_endpoint()
        wanted: dict[str, Any] = {
            "experiment_ids": ids, "filter": query, "max_results": MAX_RUNS, "order_by": ["attributes.start_time DESC"],
        }
        async with await self.context.upstream.lease(endpoint) as lease:
            answer = await self.call(endpoint, lease, "POST", "runs/search", None, wanted)
        return answer.get("runs", []), bool(answer.get("next_page_token"))


class DatasetUsesHandler(UsesHandler):
    """A dataset by its name and digest."""

    @web.authenticated
    @authorized
    async def get(self) -> None:
        """`{runs: [{run_id, name, experiment_id, start_time, models: [id]}], is_cut}` for `name` and `digest`."""
        name, digest = (arguments.text(self.argument(key), key, 500) for key in ("name", "digest"))
        if "'" in name or "'" in digest:
            raise BadArgument("name", "an apostrophe cannot be searched for")
        runs, is_cut = await self.search(f"datasets.name = '{name}' AND datasets.digest = '{digest}'")
        self.finish(encode({"runs": [_use(run) for run in runs], "is_cut": is_cut}))


class ProjectUsesHandler(UsesHandler):
    """A project by its address, or the one that a job has run."""

    @web.authenticated
    @authorized
    async def get(self) -> None:
        """`{uri, folder, runs: as of datasets, is_cut}` for `uri` or `job`; `folder` is a path below Jupyter's root."""
        uri, job = self.argument("uri"), self.argument("job")
        if (uri is None) == (job is None):
            raise BadArgument("uri", "wants either uri or job")
        if "'" in (uri or job or ""):
            raise BadArgument("uri", "an apostrophe cannot be searched for")
        if job is not None:
            # A run that a project's code has made beside its own is tagged with the job only.
            made, _ = await self.search(f"tags.`{JOB_TAG}` = '{arguments.text(job, 'job', 64)}'")
            uri = next((asked for run in made if (asked := _asked(run)) is not None), None)
        if not uri:
            self.finish(encode({"uri": None, "folder": None, "runs": [], "is_cut": False}))
            return
        whole, folder, names = await self.context.blocking(lambda: self._names(arguments.text(uri, "uri")))
        runs: dict[str, dict[str, Any]] = {}
        is_cut = False
        for name in names:
            said = json.dumps(name).replace("%", "_")
            for query in (f"tags.`{PROJECT_TAG}` LIKE '%\"uri\": {said}%'",
                          f"tags.`mlflow.source.name` = '{name}' AND tags.`mlflow.source.type` = 'PROJECT'"):
                found, cut = await self.search(query)
                is_cut = is_cut or cut
                # A wildcard of the search may stand in the name.
                runs |= {run["info"]["run_id"]: run for run in found if _asked(run) in (None, *names)}
        newest = sorted(runs.values(), key=lambda run: -int(run["info"].get("start_time") or 0))
        self.finish(encode({"uri": whole, "folder": folder, "runs": [_use(run) for run in newest], "is_cut": is_cut}))

    def _names(self, uri: str) -> tuple[str, str | None, list[str]]:
        """The whole address, the folder below Jupyter's root, and all that tags call it. Blocks."""
        from ..projects import git

        bare = uri.removeprefix("file://") if uri.startswith("file:///") else uri
        if git.is_git(bare):
            return uri, None, [uri]
        # MLflow names a folder of a working tree by the tree and the path in it.
        tree, _, inner = bare.partition("#")
        root = Path(os.path.realpath(os.path.expanduser(self.settings["server_root_dir"])))
        place = Path(os.path.realpath(root / tree / inner))
        names = [str(place)]
        for above in (place, *place.parents):
            if (above / ".git").exists():
                rest = place.relative_to(above).as_posix()
                names.append(f"file://{above}" + ("" if rest == "." else f"#{rest}"))
                break
        folder = place.relative_to(root).as_posix() if place.is_relative_to(root) else None
        return str(place), folder if folder is not None and place.is_dir() else None, names


def _asked(run: dict[str, Any]) -> str | None:
    """The address of the project in a run's own tag."""
    tags = {tag["key"]: tag["value"] for tag in run.get("data", {}).get("tags", [])}
    try:
        uri = json.loads(tags.get(PROJECT_TAG, "null"))["uri"]
    except (ValueError, TypeError, KeyError):
        return None
    return uri if isinstance(uri, str) else None


def _use(run: dict[str, Any]) -> dict[str, Any]:
    return {
        "run_id": run["info"]["run_id"], "name": run["info"].get("run_name", ""),
        "experiment_id": run["info"]["experiment_id"], "start_time": run["info"].get("start_time"),
        "models": [model["model_id"] for model in run.get("outputs", {}).get("model_outputs", [])],
    }
