"""`registry/...`: MLflow's registry calls for the browser, one for one, and the two that take several."""

from __future__ import annotations

from typing import Any

from jupyter_server.auth.decorator import authorized
from tornado import web

from ..models.address import LoggedModel, parse
from . import arguments
from .encode import encode
from .errors import BadArgument, RouteError
from .model_files import ModelPlaceHandler
from .model_place import Call, find

CALLS: dict[str, frozenset[str]] = {
    "registered-models/search": frozenset({"GET"}),
    "registered-models/get": frozenset({"GET"}),
    "registered-models/create": frozenset({"POST"}),
    "registered-models/update": frozenset({"PATCH"}),
    "registered-models/set-tag": frozenset({"POST"}),
    "registered-models/delete-tag": frozenset({"DELETE"}),
    "registered-models/alias": frozenset({"GET", "POST", "DELETE"}),
    "model-versions/search": frozenset({"GET"}),
    "model-versions/get": frozenset({"GET"}),
    "model-versions/update": frozenset({"PATCH"}),
    "model-versions/set-tag": frozenset({"POST"}),
    "model-versions/delete-tag": frozenset({"DELETE"}),
    "model-versions/transition-stage": frozenset({"POST"}),
    "logged-models/search": frozenset({"POST"}),
}
"""What the browser may ask of MLflow's REST (service.proto, model_registry.proto). Nothing here deletes a model."""


class RegistryHandler(ModelPlaceHandler):
    """One call of MLflow's registry; its answer and its refusals come back as they are."""

    @web.authenticated
    @authorized
    async def get(self, path: str) -> None:
        """A read, with the query as it came."""
        query = {name: self.argument(name) or "" for name in self.request.query_arguments}
        await self._pass("GET", path, query, None)

    @web.authenticated
    @authorized
    async def post(self, path: str) -> None:
        """A change, with a JSON body."""
        await self._pass("POST", path, None, self.json_object())

    @web.authenticated
    @authorized
    async def patch(self, path: str) -> None:
        """A change, with a JSON body."""
        await self._pass("PATCH", path, None, self.json_object())

    @web.authenticated
    @authorized
    async def delete(self, path: str) -> None:
        """A removal of a tag or an alias, with a JSON body."""
        await self._pass("DELETE", path, None, self.json_object())

    async def _pass(self, method: str, path: str, query: dict[str, str] | None, body: dict[str, Any] | None) -> None:
        if method not in CALLS.get(path, frozenset()):
            raise RouteError(404, f"{method} {path[:100]} is no registry call of this server")
        if method == "GET" and path.endswith("/search") and not self.asked_store().exists():
            # Looking at an empty registry makes no database.
            self.finish(encode({}))
            return
        endpoint = await self.store_endpoint()
        async with await self.context.upstream.lease(endpoint) as lease:
            answer = await self.call(endpoint, lease, method, path, query, body)
        self.finish(encode(answer))


class RegisterHandler(ModelPlaceHandler):
    """`POST registry/register`: a model of a run becomes a version, as `mlflow.register_model` does it."""

    @web.authenticated
    @authorized
    async def post(self) -> None:
        """`{model_version}` for `{uri, name, description?, tags?}`; makes the registered model where there is none."""
        body = self.json_object()
        uri, name = arguments.text(body.get("uri"), "uri"), arguments.text(body.get("name"), "name", 256)
        tags = body.get("tags") or {}
        if not isinstance(tags, dict) or not all(isinstance(v, str) for v in tags.values()):
            raise BadArgument("tags", "wants an object of texts")
        endpoint = await self.store_endpoint()
        async with await self.context.upstream.lease(endpoint) as lease:

            async def call(method: str, path: str, query: dict[str, str] | None = None,
                           content: dict[str, Any] | None = None) -> dict[str, Any]:
                return await self.call(endpoint, lease, method, path, query, content)

            place = await find(uri, call)
            try:
                await call("POST", "registered-models/create", None, {"name": name})
            except RouteError as error:
                if error.code != "resource_already_exists":
                    raise
            wanted: dict[str, Any] = {"name": name, "tags": [{"key": k, "value": v} for k, v in tags.items()]}
            if place.model_id is not None:
                wanted |= {"source": f"models:/{place.model_id}", "model_id": place.model_id}
            else:
                wanted |= {"source": place.artifact_uri, "run_id": place.run_id}
            if body.get("description"):
                wanted["description"] = arguments.text(body["description"], "description", 100_000)
            made = await call("POST", "model-versions/create", None, wanted)
            if place.model_id is not None:
                await self._note(call, place.model_id, made.get("model_version", {}))
        self.set_status(201)
        self.finish(encode(made))

    async def _note(self, call: Any, model_id: str, version: dict[str, Any]) -> None:
        """Write the version onto the logged model, where MLflow's own page looks for it."""
        import json

        try:
            info = (await call("GET", f"logged-models/{model_id}")).get("model", {}).get("info", {})
            tags = {tag["key"]: tag["value"] for tag in info.get("tags", [])}
            known = json.loads(tags.get("mlflow.modelVersions", "[]"))
            known.append({"name": version.get("name"), "version": version.get("version")})
            tag = {"key": "mlflow.modelVersions", "value": json.dumps(known)}
            await call("PATCH", f"logged-models/{model_id}/tags", None, {"tags": [tag]})
        except (RouteError, ValueError, TypeError, AttributeError) as error:
            self.log.warning("Cellruns: the version is not noted on model %s: %s", model_id, error)


class VersionsHandler(ModelPlaceHandler):
    """`GET registry/versions`: the registered versions of a run's models, or of one logged model."""

    @web.authenticated
    @authorized
    async def get(self) -> None:
        """`{versions: [ModelVersion of MLflow, with aliases], store}` for `run=<id>` and, or, `model=<id>`."""
        run, model = self.argument("run"), self.argument("model")
        if not run and not model:
            raise BadArgument("run", "wants a run id, a model id, or both")
        filters = []
        if run:
            filters.append(f"run_id = '{arguments.run_id(run)}'")
        if model:
            if not isinstance(parse(f"models:/{model}"), LoggedModel):
                raise BadArgument("model", f"{model[:60]!r} is no model id")
            filters.append(f"source_path = 'models:/{model}'")
        store = self.asked_store()
        if not store.exists():
            # A card in a notebook that is opened asks: that alone starts no store.
            self.finish(encode({"versions": [], "store": store.id}))
            return
        async with self.opened() as (call, _):
            self.finish(encode({"versions": await _versions(call, filters), "store": store.id}))


async def _versions(call: Call, filters: list[str]) -> list[dict[str, Any]]:
    found: dict[tuple[str, str], dict[str, Any]] = {}
    for wanted in filters:
        answer = await call("GET", "model-versions/search", {"filter": wanted, "max_results": "100"})
        for version in answer.get("model_versions", []):
            found[version["name"], str(version["version"])] = version
    # A search leaves aliases out; the registered model has them.
    aliases: dict[tuple[str, str], list[str]] = {}
    for name in {name for name, _ in found}:
        model = (await call("GET", "registered-models/get", {"name": name})).get("registered_model", {})
        for alias in model.get("aliases", []):
            aliases.setdefault((name, str(alias["version"])), []).append(alias["alias"])
    return [{**version, "aliases": aliases.get(key, [])} for key, version in sorted(found.items())]
