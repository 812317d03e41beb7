"""Content types that an artifact may be answered with. All others are bytes without a meaning."""

from __future__ import annotations

_TEXT = "text/plain; charset=utf-8"
_TYPES = {
    "png": "image/png",
    "jpg": "image/jpeg",
    "jpeg": "image/jpeg",
    "gif": "image/gif",
    "webp": "image/webp",
    "avif": "image/avif",
    "bmp": "image/bmp",
    "svg": "image/svg+xml",
    "html": "text/html; charset=utf-8",
    "htm": "text/html; charset=utf-8",
    "pdf": "application/pdf",
    "json": "application/json",
    "csv": "text/csv; charset=utf-8",
    "tsv": "text/tab-separated-values; charset=utf-8",
    "md": "text/markdown; charset=utf-8",
    "mp3": "audio/mpeg",
    "wav": "audio/wav",
    "mp4": "video/mp4",
    "webm": "video/webm",
}
_TEXT_ENDINGS = {"txt", "log", "py", "r", "jl", "sh", "yaml", "yml", "toml", "cfg", "ini", "xml", "jsonl", "ndjson"}
_TEXT_ENDINGS |= {"ipynb", "sql", "tex", "rst", "diff", "patch"}
_TEXT_NAMES = frozenset(("mlmodel", "mlproject", "dockerfile", "makefile", "license", "readme"))


def content_type(path: str) -> str:
    """Type by the ending of a file name; `application/octet-stream` for all that is not known as harmless here."""
    name = path.rsplit("/", 1)[-1].lower()
    stem, dot, ending = name.rpartition(".")
    if dot and stem:
        return _TYPES.get(ending) or (_TEXT if ending in _TEXT_ENDINGS else "application/octet-stream")
    return _TEXT if name in _TEXT_NAMES else "application/octet-stream"
