"""The environment that a new kernel gets. What the user has set is never replaced."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path

BOOT = Path(__file__).parent.parent / "kernel_side" / "python" / "boot.py"

KEPT = "CELLRUNS_KEPT_"
"""Prefix of variables that the kernel side gives back to MLflow for other servers."""
_CREDENTIALS = ("MLFLOW_TRACKING_USERNAME", "MLFLOW_TRACKING_PASSWORD", "MLFLOW_TRACKING_TOKEN")
_PROXIES = ("http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY")


def kernel_environment(
    base: Mapping[str, str],
    *,
    kernel_id: str,
    server: str,
    token: str,
    spool: str,
    alive: str,
    python: bool,
    store: str,
    replaces: str | None,
    secrets: Collection[str] = (),
) -> dict[str, str]:
    """`base` with Cellruns' variables.

    `server` is the address of our routes, `spool` and `alive` (processes.py) are folders,
    `python` whether IPython will read PYTHONSTARTUP.
    `store` is the id of the store that the kernel's runs go to. `replaces` is the remote tracking URI that one of the
    stores stands for: the user's own value of MLFLOW_TRACKING_URI, which the kernel then reaches through the proxy,
    its credentials staying here. `secrets`: variables with credentials of configured stores, which no kernel gets.
    """
    env = {name: value for name, value in base.items() if name not in secrets}
    uri = f"{server}/tracking/{store}"
    env["CELLRUNS_KERNEL"] = kernel_id
    env["CELLRUNS_SERVER"] = server
    env["CELLRUNS_TOKEN"] = token
    env["CELLRUNS_SPOOL"] = spool
    env["CELLRUNS_ALIVE"] = alive
    env["CELLRUNS_TRACKING_URI"] = uri
    if env.get("MLFLOW_TRACKING_URI") in (None, "", replaces):
        ours = bool(replaces) and env.get("MLFLOW_TRACKING_URI") == replaces
        env["MLFLOW_TRACKING_URI"] = uri
        for name in _CREDENTIALS:
            value = env.pop(name, None)
            if value and not ours:
                # For a server that the user's code will name itself: kept for that, but not sent to our address.
                env[KEPT + name] = value
        # For scripts that a notebook starts; in the kernel itself the token goes to our address only.
        env["MLFLOW_TRACKING_TOKEN"] = token
        # The link that MLflow prints at the end of a run would lead to an address that no browser can open.
        env.setdefault("MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT", "true")
    if any(env.get(name) for name in _PROXIES):
        for name in ("no_proxy", "NO_PROXY"):
            hosts = [h for h in env.get(name, "").split(",") if h]
            if "*" not in hosts:
                env[name] = ",".join([*hosts, *(h for h in ("127.0.0.1", "localhost") if h not in hosts)])
    if python:
        # IPython runs this file before it serves the first request, at every start and restart of the process.
        if "PYTHONSTARTUP" in env and env["PYTHONSTARTUP"] != str(BOOT):
            env["CELLRUNS_PYTHONSTARTUP"] = env["PYTHONSTARTUP"]
        env["PYTHONSTARTUP"] = str(BOOT)
    return env
