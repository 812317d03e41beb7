"""Runs `mlflow models serve` and ends it when our stdin ends, however that came about. Syntax of 3.8.

Reads one line of JSON from stdin: `{"path", "port", "workers": int or null}`.
"""

import sys

sys.path = [entry for entry in sys.path if entry]

import json  # noqa: E402
import os  # noqa: E402
import signal  # noqa: E402
import subprocess  # noqa: E402
import threading  # noqa: E402
import time  # noqa: E402


def read_line():
    line = b""
    while not line.endswith(b"\n"):
        more = os.read(0, 1 << 16)
        if not more:
            os._exit(0)
        line += more
    return json.loads(line)


def end(child):
    for what in (signal.SIGTERM, getattr(signal, "SIGKILL", signal.SIGTERM)):
        try:
            if os.name == "posix":
                os.killpg(child.pid, what)
            else:
                child.terminate()
        except OSError:
            return
        for _ in range(40):
            if child.poll() is not None:
                break
            time.sleep(0.05)


def watch(child):
    while os.read(0, 4096):
        pass
    end(child)
    os._exit(0)


def main():
    job = read_line()
    import mlflow

    version = tuple(int(part) for part in mlflow.__version__.split(".")[:2])
    command = [sys.executable, "-m", "mlflow", "models", "serve", "-m", job["path"], "-h", "127.0.0.1",
               "-p", str(job["port"])]
    command += ["--env-manager", "local"] if version >= (1, 25) else ["--no-conda"]
    if os.name == "posix" or not version >= (3, 0):
        command += ["--workers", "1"]
    print("$ mlflow " + " ".join(command[3:]), file=sys.stderr, flush=True)
    child = subprocess.Popen(command, stdin=subprocess.DEVNULL, start_new_session=os.name == "posix")
    threading.Thread(target=watch, args=(child,), daemon=True).start()
    code = child.wait()
    # Workers that outlive the command's own process go with it.
    end(child)
    os._exit(code if 0 <= code < 256 else 1)


main()
