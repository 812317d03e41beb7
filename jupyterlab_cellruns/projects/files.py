"""Data files that a notebook reads: literal paths that exist beside it, and those that lead away from it."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass, field
from pathlib import Path

from .sources import Source, dotted

MAX_FILE = 10 << 20
"""Largest file (bytes) that is copied without being asked for."""
MAX_ALL = 50 << 20
_PRIVATE = re.compile(r"(^|/)(\.env(\..*)?|\.netrc|\.pypirc|id_rsa|id_ed25519|credentials(\.json)?|.*\.(pem|key|p12))$")
_WRITES = {
    "to_csv", "to_parquet", "to_json", "to_excel", "to_pickle", "to_feather", "to_hdf", "to_html", "to_markdown",
    "savefig", "save", "savez", "savez_compressed", "savetxt", "save_model", "save_weights", "save_pretrained",
    "write_text", "write_bytes", "mkdir", "makedirs", "dump", "write_image", "write_html", "to_file", "imsave",
    "imwrite", "FileHandler", "urlretrieve", "touch",
}
_SKIPS = {"set_experiment", "set_tracking_uri", "start_run", "log_param", "log_params", "set_tag", "set_tags",
          "log_metric", "print", "getenv", "import_module", "run"}
_FETCHES = {"urlretrieve", "extractall", "unpack_archive", "download", "download_artifacts", "Popen", "check_call",
            "check_output", "system", "snapshot_download", "hf_hub_download", "download_file"}
_LOOKS_LIKE = re.compile(
    r"\.(csv|tsv|json|jsonl|parquet|feather|xlsx?|txt|npy|npz|pkl|pickle|joblib|h5|hdf5|zip|gz|png|jpe?g|db|sqlite|"
    r"yaml|yml|toml|xml|pt|pth|onnx)$", re.IGNORECASE
)
_READS = {
    "open", "read_csv", "read_table", "read_json", "read_parquet", "read_excel", "read_pickle", "read_feather",
    "read_hdf", "read_xml", "load", "loadtxt", "genfromtxt", "imread", "read_text", "read_bytes", "ZipFile", "connect",
}


@dataclass(frozen=True)
class DataFile:
    """A file that the notebook reads; `path` is relative to the notebook, with forward slashes."""

    path: str
    size: int
    cell: int
    line: int


@dataclass
class DataUse:
    """What was found about files."""

    files: dict[str, DataFile] = field(default_factory=dict)
    large: dict[str, DataFile] = field(default_factory=dict)
    private: list[tuple[Source, int, str]] = field(default_factory=list)
    absolute: list[tuple[Source, int, str]] = field(default_factory=list)
    outside: list[tuple[Source, int, str]] = field(default_factory=list)
    missing: list[tuple[Source, int, str]] = field(default_factory=list)
    fetches: bool = False
    """The notebook downloads or unpacks files, or starts programs: what is missing may come from there."""


def data_of(cells: list[Source], folder: Path, most: int = MAX_FILE) -> DataUse:
    """Files that literal paths of the cells name. `folder` is the notebook's, `most` the largest one to copy (bytes)."""
    use, written, names = DataUse(), set[str](), dict[str, str]()
    for source in cells:
        use.fetches = use.fetches or "subprocess" in source.plain.imports
        if source.tree is None:
            continue
        reader = _Paths(names)
        reader.visit(source.tree)
        written |= reader.written
        use.fetches = use.fetches or reader.fetches
        for text, line, is_read in reader.found:
            _take(use, source, folder, text, line, is_read, written, most)
    for name in written:
        use.files.pop(name, None)
        use.large.pop(name, None)
    return use


def _take(use: DataUse, source: Source, folder: Path, text: str, line: int, is_read: bool, written: set[str],
          most: int) -> None:
    if not text or len(text) > 400 or "\n" in text or "://" in text or text.strip(" ./\\") == "":
        return
    path = Path(text).expanduser()
    try:
        exists = (folder / path).exists()
    except (OSError, ValueError):
        return
    if path.is_absolute():
        if exists and (is_read or _LOOKS_LIKE.search(text)) and text not in written:
            use.absolute.append((source, line, text))
        return
    if not exists:
        is_glob = any(sign in text for sign in "*?[{%")
        if is_read and not is_glob and _LOOKS_LIKE.search(text) and _normal(text) not in written:
            use.missing.append((source, line, text))
        if is_glob and "/" in text and "*" in text:
            for match in sorted(folder.glob(text))[:1000]:
                _take(use, source, folder, match.relative_to(folder).as_posix(), line, True, written, most)
        return
    full = (folder / path).resolve()
    try:
        name = full.relative_to(folder.resolve()).as_posix()
    except ValueError:
        use.outside.append((source, line, text))
        return
    if full.suffix in (".ipynb", ".py") and not is_read:
        return
    files = [full] if full.is_file() else sorted(f for f in full.rglob("*") if f.is_file())[:2000]
    is_plain_word = "/" not in text and "." not in text
    if full.is_dir() and is_plain_word and not is_read:
        return
    for file in files:
        inner = file.relative_to(folder.resolve()).as_posix()
        if any(part.startswith(".") and part != ".env" for part in inner.split("/")[:-1]):
            continue
        if _PRIVATE.search(inner):
            use.private.append((source, line, inner))
            continue
        found = DataFile(inner, file.stat().st_size, source.cell.index, line)
        total = sum(f.size for f in use.files.values())
        (use.files if found.size <= most and total + found.size <= max(MAX_ALL, most) else use.large)[inner] = found
    if not files and full.is_dir():
        use.missing.append((source, line, name + "/"))


def _normal(text: str) -> str:
    return re.sub(r"^(\./)+", "", text.replace("\\", "/"))


class _Paths(ast.NodeVisitor):
    """String constants that may be paths, joined ones as one, and which of them are written."""

    def __init__(self, names: dict[str, str]) -> None:
        self.found: list[tuple[str, int, bool]] = []
        self.written: set[str] = set()
        self.fetches = False
        self._context = ""
        self._names = names

    def visit_Assign(self, node: ast.Assign) -> None:
        text = self._joined(node.value)
        if text is not None and len(node.targets) == 1 and isinstance(node.targets[0], ast.Name):
            self._names[node.targets[0].id] = text
        self.generic_visit(node)

    def visit_Expr(self, node: ast.Expr) -> None:
        if not isinstance(node.value, ast.Constant):
            self.generic_visit(node)

    def visit_Call(self, node: ast.Call) -> None:
        name = dotted(node.func).rsplit(".", 1)[-1] or (node.func.attr if isinstance(node.func, ast.Attribute) else "")
        if name in _SKIPS:
            return
        self.fetches = self.fetches or name in _FETCHES
        joined = self._joined(node)
        if joined is not None:
            self._add(joined, node.lineno)
            return
        if name in _WRITES or (name == "open" and _opens_for_writing(node)):
            parts = [*node.args, *(k.value for k in node.keywords)]
            if name in ("write_text", "write_bytes", "mkdir") and isinstance(node.func, ast.Attribute):
                parts.append(node.func.value)
            for part in parts:
                text = self._joined(part)
                if text is not None:
                    self.written.add(_normal(text))
            if isinstance(node.func, ast.Attribute) and name not in ("write_text", "write_bytes", "mkdir"):
                self.visit(node.func.value)
            return
        before, self._context = self._context, name
        self.generic_visit(node)
        self._context = before

    def visit_BinOp(self, node: ast.BinOp) -> None:
        joined = self._joined(node)
        if joined is not None:
            self._add(joined, node.lineno)
        elif isinstance(node.op, ast.Div | ast.Add):
            # `folder / "a.csv"` with a folder that is not known: the right side alone is no path.
            self.visit(node.left) if not isinstance(node.left, ast.Constant) else None
        else:
            self.generic_visit(node)

    def visit_JoinedStr(self, node: ast.JoinedStr) -> None:
        for part in node.values:
            if isinstance(part, ast.FormattedValue):
                self.visit(part)

    def visit_Constant(self, node: ast.Constant) -> None:
        if isinstance(node.value, str):
            self._add(node.value, node.lineno)

    def visit_Name(self, node: ast.Name) -> None:
        if isinstance(node.ctx, ast.Load) and self._context in _READS and node.id in self._names:
            self._add(self._names[node.id], node.lineno)

    def _add(self, text: str, line: int) -> None:
        self.found.append((_normal(text), line, self._context in _READS))

    def _joined(self, node: ast.AST) -> str | None:
        """`Path("a") / "b"`, `os.path.join("a", "b")`, `"a" + "b"` and plain texts as one path."""
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            return node.value
        if isinstance(node, ast.Name):
            return self._names.get(node.id)
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div | ast.Add):
            left, right = self._joined(node.left), self._joined(node.right)
            if left is None or right is None:
                return None
            return f"{left.rstrip('/')}/{right}" if isinstance(node.op, ast.Div) else left + right
        if isinstance(node, ast.Call) and node.args and not node.keywords:
            name = dotted(node.func)
            parts = [self._joined(part) for part in node.args]
            if name in ("Path", "pathlib.Path", "os.path.join", "join") and all(part is not None for part in parts):
                return "/".join(str(part).rstrip("/") for part in parts)
        return None


def _opens_for_writing(node: ast.Call) -> bool:
    modes = [*node.args[1:2], *(k.value for k in node.keywords if k.arg == "mode")]
    if isinstance(node.func, ast.Attribute) and node.args and dotted(node.func) not in ("io.open", "gzip.open"):
        modes = [*node.args[:1], *modes]
    return any(
        isinstance(m, ast.Constant) and isinstance(m.value, str) and re.fullmatch(r"[rwaxbt+]*[wax+][rwaxbt+]*", m.value)
        for m in modes
    )
