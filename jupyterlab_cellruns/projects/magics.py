"""IPython's own syntax as plain Python: what a script needs, and what the analysis can parse.

Line magics, cell magics, shell lines and `?` are those of IPython 8 and 9 (IPython/core/inputtransformer2.py). The
number of lines stays the same, so that a place in the result is a place in the cell.
"""

from __future__ import annotations

import ast
import io
import re
import shlex
import tokenize
from dataclasses import dataclass, field
from typing import Literal

Action = Literal["removed", "rewritten", "unsupported", "installs"]


@dataclass(frozen=True)
class Magic:
    """What became of one line of IPython's syntax. `line` counts from 1."""

    line: int
    text: str
    action: Action


@dataclass
class Plain:
    """A cell without IPython's syntax."""

    source: str
    magics: list[Magic] = field(default_factory=list)
    requirements: list[str] = field(default_factory=list)
    """What the cell installs by pip, as written."""
    imports: set[str] = field(default_factory=set)
    """Modules that the rewritten lines need."""


_LINE = re.compile(r"^(\s*)(%{1,2}|!{1,2}|\?{1,2})(.*)$")
_ASSIGN = re.compile(r"^(\s*)([A-Za-z_][\w.,\s\[\]'\"]*?)\s*=\s*([%!])([^=].*)$")
_HELP = re.compile(r"^\s*[%\w.]+(\[[^\]]*\])?\?{1,2}\s*$")
_PIP = re.compile(r"^(?:python[\d.]*\s+-m\s+)?(?:pip[\d.]*|uv\s+pip)\s+install\s+(.*)$")
_DISPLAY = {
    "matplotlib", "load_ext", "reload_ext", "unload_ext", "autoreload", "config", "precision", "who", "whos", "who_ls",
    "pwd", "ls", "ll", "history", "hist", "pinfo", "pinfo2", "pdoc", "psource", "lsmagic", "magic", "xmode", "colors",
    "pdb", "debug", "tensorboard", "timeit", "memit", "lprun", "mprun", "prun", "page", "quickref", "logstart",
    "logstop", "automagic", "aimport", "doctest_mode", "gui", "pprint", "notebook", "recall", "cat", "head", "clear",
    "watermark", "conda", "mamba", "micromamba",
}
_KEEP_BODY = {"time", "capture", "prun", "memit", "mprun", "lprun", "heat", "watermark"}
_DROP_BODY = {"html", "HTML", "javascript", "js", "latex", "markdown", "svg", "SVG", "timeit"}
_SHELLS = {"bash": "bash", "sh": "sh", "script": ""}


def plain(source: str) -> Plain:
    """A cell as Python; lines that have no meaning outside IPython become comments. Never raises."""
    try:
        ast.parse(source)
        return Plain(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        pass
    lines = source.split("\n")
    first = next((i for i, line in enumerate(lines) if line.strip()), 0)
    if lines and lines[first].startswith("%%"):
        return _cell_magic(lines, first)
    return _lines(lines)


def _lines(lines: list[str]) -> Plain:
    found = Plain("")
    out: list[str] = []
    skip = 0
    for number, line in enumerate(lines):
        if skip:
            skip -= 1
            out.append("")
            continue
        if not (_LINE.match(line) or _ASSIGN.match(line) or _HELP.match(line)) or _is_open("\n".join(out)):
            out.append(line)
            continue
        # A shell line may go on after a backslash.
        whole = line
        while whole.endswith("\\") and number + skip + 1 < len(lines):
            skip += 1
            whole = whole[:-1] + " " + lines[number + skip].strip()
        out.append(_line(whole, number + 1, found))
    found.source = "\n".join(out)
    return found


def _is_open(before: str) -> bool:
    """Whether a string or a bracket is still open at the end of a text."""
    if before.endswith("\\"):
        return True
    try:
        for _ in tokenize.generate_tokens(io.StringIO(before + "\n").readline):
            pass
    except tokenize.TokenError as error:
        return any(word in str(error) for word in ("multi-line", "triple-quoted", "unexpected EOF"))
    except (IndentationError, SyntaxError):
        return False
    return False


def _line(line: str, number: int, found: Plain) -> str:
    assigned = _ASSIGN.match(line)
    if assigned and not _LINE.match(line):
        indent, target, sign, rest = assigned.groups()
        if sign == "!":
            found.imports.add("subprocess")
            found.magics.append(Magic(number, line.strip(), "rewritten"))
            call = f"subprocess.run({_text(rest)}, shell=True, capture_output=True, text=True)"
            return f"{indent}{target} = {call}.stdout.splitlines()"
        name, _, argument = rest.partition(" ")
        if name == "time":
            found.magics.append(Magic(number, line.strip(), "rewritten"))
            return f"{indent}{target} = {argument.strip()}"
        found.magics.append(Magic(number, line.strip(), "unsupported"))
        return f"{indent}{target} = None  # {line.strip()}"
    match = _LINE.match(line)
    if match is None or match.group(2).startswith("?"):
        found.magics.append(Magic(number, line.strip(), "removed"))
        return _comment(line)
    indent, sign, rest = match.groups()
    rest = rest.strip()
    if sign.startswith("!"):
        return _shell(line, indent, rest, number, found)
    return _magic(line, indent, rest, number, found)


def _shell(line: str, indent: str, command: str, number: int, found: Plain) -> str:
    pip = _PIP.match(command)
    if pip:
        return _install(line, pip.group(1), number, found)
    found.imports.add("subprocess")
    found.magics.append(Magic(number, line.strip(), "rewritten"))
    return f"{indent}subprocess.run({_text(command)}, shell=True)"


def _magic(line: str, indent: str, rest: str, number: int, found: Plain) -> str:
    name, _, argument = rest.partition(" ")
    argument = argument.strip()
    if name == "pip" and argument.startswith("install"):
        return _install(line, argument[len("install"):], number, found)
    action: Action = "rewritten"
    text = _comment(line)
    if name == "time" and argument:
        text = f"{indent}{argument}"
    elif name in ("env", "set_env") and argument:
        key, _, value = argument.partition("=") if "=" in argument else argument.partition(" ")
        found.imports.add("os")
        text = f"{indent}os.environ[{key.strip()!r}] = {_text(value.strip())}" if value else _comment(line)
    elif name == "cd" and argument:
        found.imports.add("os")
        text = f"{indent}os.chdir({_text(argument)})"
    elif name == "run" and argument.split()[0].endswith(".py"):
        path = argument.split()[0]
        text = f"{indent}exec(compile(open({path!r}).read(), {path!r}, 'exec'))"
    elif name in _DISPLAY or name in ("time", "env"):
        action = "removed"
    else:
        action = "unsupported"
    found.magics.append(Magic(number, line.strip(), action))
    return text


def _install(line: str, argument: str, number: int, found: Plain) -> str:
    try:
        words = shlex.split(argument, comments=True)
    except ValueError:
        words = argument.split()
    takes_value = {"-i", "--index-url", "--extra-index-url", "-f", "--find-links", "-c", "--constraint", "-t", "--target"}
    skip = False
    for word in words:
        if skip or word in takes_value:
            skip = not skip
        elif not word.startswith("-"):
            found.requirements.append(word)
    found.magics.append(Magic(number, line.strip(), "installs"))
    return _comment(line)


def _cell_magic(lines: list[str], first: int) -> Plain:
    head, body = lines[first], lines[first + 1:]
    name, _, argument = head[2:].strip().partition(" ")
    argument = argument.strip()
    number = first + 1
    if name in _KEEP_BODY:
        inner = plain("\n".join(body))
        moved = [Magic(m.line + number, m.text, m.action) for m in inner.magics]
        source = "\n".join([*lines[:first], _comment(head), inner.source])
        return Plain(source, [Magic(number, head, "removed"), *moved], inner.requirements, inner.imports)
    if name in _DROP_BODY:
        source = "\n".join([*lines[:first], _comment(head), *(f"# {line}" for line in body)])
        return Plain(source, [Magic(number, head, "removed")])
    if name in _SHELLS and (argument or name != "script"):
        command = shlex.split(_SHELLS[name] or argument)
        text = _long_text(body)
        source = "\n".join([*lines[:first], f"subprocess.run({command!r}, text=True, check=True, input={text})"])
        return Plain(source, [Magic(number, head, "rewritten")], imports={"subprocess"})
    if name in ("writefile", "file") and argument:
        words = argument.split()
        mode = "a" if "-a" in words else "w"
        source = "\n".join([*lines[:first], f"print({_long_text(body)}, end='', file=open({words[-1]!r}, {mode!r}))"])
        return Plain(source, [Magic(number, head, "rewritten")])
    source = "\n".join([*lines[:first], _comment(head), *(f"# {line}" for line in body)])
    return Plain(source, [Magic(number, head, "unsupported")])


def _long_text(body: list[str]) -> str:
    """A triple-quoted literal that spans as many lines as the body and the line before it."""
    text = "\n".join(body).replace("\\", "\\\\").replace('"""', '\\"\\"\\"')
    return f'"""\\\n{text}\n"""' if body else '""'


def _text(command: str) -> str:
    """A literal; an f-string where IPython would put Python values in for `{...}`."""
    command = command.strip()
    if re.search(r"\{[A-Za-z_][^{}]*\}", command) and "'" not in command.replace("\\'", ""):
        return "f" + repr(command)
    return repr(command)


def _comment(line: str) -> str:
    """A comment in the place of a statement; `pass` keeps a block that had nothing else."""
    stripped = line.lstrip()
    indent = line[: len(line) - len(stripped)]
    return f"{indent}pass  # {stripped}" if indent else f"# {stripped}"
