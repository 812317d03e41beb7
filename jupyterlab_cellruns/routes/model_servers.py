"""`models/servers`: start, watch, ask and stop `mlflow models serve`."""

from __future__ import annotations

from jupyter_server.auth.decorator import authorized
from tornado import web

from ..models.scratch.servers import MAX_SERVERS, ModelServer
from .encode import encode
from .errors import BadArgument, RouteError
from .model_source import ModelSourceHandler
from .model_tries import whole

_MAX_BODY = 16 << 20
_MAX_ANSWER = 16 << 20
_ASK_S = 300.0


class ModelServersHandler(ModelSourceHandler):
    """All model servers of this Jupyter server."""

    _track_activity = False

    @web.authenticated
    @authorized
    async def get(self) -> None:
        """`{servers: [ModelServer]}`, oldest first."""
        self.finish(encode({"servers": [server.json() for server in self.jobs.servers.all()]}))

    @web.authenticated
    @authorized
    async def post(self) -> None:
        """Start one; answers at once with the `ModelServer`."""
        body = self.json_object()
        interpreter = self.interpreter(body)
        memory = body.get("memory_mib")
        limit = None if memory is None else whole(memory, "memory_mib", 64, 1 << 20) << 20
        if self.jobs.servers.running >= MAX_SERVERS:
            raise RouteError(429, f"{MAX_SERVERS} models are served already", "Stop one first.")
        name, folder = await self.model(body)
        store = self.asked_store().id if body.get("uri") is not None else None
        server = ModelServer(name, interpreter, folder, limit, store)
        self.jobs.servers.add(server)
        self.set_status(201)
        self.finish(encode(server.json()))


class ModelServerHandler(ModelSourceHandler):
    """One model server."""

    _track_activity = False

    @web.authenticated
    @authorized
    async def get(self, key: str) -> None:
        """The `ModelServer` with its log."""
        self.finish(encode(self.one(key).json()))

    @web.authenticated
    @authorized
    async def delete(self, key: str) -> None:
        """Stop it; answers when its processes are gone."""
        server = self.one(key)
        await server.stop()
        self.finish(encode(server.json()))

    def one(self, key: str) -> ModelServer:
        """The server of this id, or 404."""
        found = self.jobs.servers.get(key)
        if found is None:
            raise RouteError(404, "This model server is not known here any more", "Start it again.")
        return found


class ModelInvocationsHandler(ModelServerHandler):
    """Passes a body on to `/invocations`, whose port no browser behind a hub can reach."""

    _track_activity = True
    max_body = _MAX_BODY

    @web.authenticated
    @authorized
    async def post(self, key: str) -> None:
        """`{status, content_type, text, ms}`: what the model server answered, its refusals too."""
        server = self.one(key)
        body = self.json_object()
        text = body.get("body")
        if not isinstance(text, str):
            raise BadArgument("body", "wants the text to send")
        if server.state != "ready":
            raise RouteError(409, f"The model server is {server.state}", "Wait until it is ready, or start it again.")
        httpx = await self.context.upstream.load()
        try:
            async with httpx.AsyncClient(trust_env=False, timeout=_ASK_S) as client:
                answer = await client.post(
                    f"{server.url}/invocations", content=text.encode(), headers={"Content-Type": "application/json"}
                )
        except httpx.TransportError as error:
            raise RouteError(502, f"The model server did not answer: {error or type(error).__name__}",
                             "See its log.") from error
        self.finish(encode({
            "status": answer.status_code, "content_type": answer.headers.get("content-type", ""),
            "text": answer.text[:_MAX_ANSWER], "ms": round(answer.elapsed.total_seconds() * 1000, 1),
        }))
