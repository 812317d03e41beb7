"""Takes out of source code, patches and logs what looks like a secret: one room for the kernel and for the server.

It knows values that the environment holds under a secret name, the published shapes of tokens (the prefixes that
their issuers give them so that scanners find them), credentials in URLs and headers, literals that are assigned or
passed under a secret name, and long random literals. It is a net, not a proof: docs/security.md says what falls
through. Pure, no imports but `re` and `math`; a text keeps its number of lines, and redacting twice changes nothing.
"""

from __future__ import annotations

import math
import re

PLACEHOLDER = "[redacted]"

_LEAST_KNOWN = 6
"""Characters: a shorter value of the environment would be found in every other word."""

# Words of a name (`DB_PASSWORD`, `dbPassword`, `db-password` are db + password), and pairs of words, that make it secret.
_WORDS = frozenset((
    "password", "passwd", "passphrase", "passcode", "pwd", "secret", "secrets", "token", "credential", "credentials",
    "apikey", "authkey", "authtoken", "accesskey", "secretkey", "privatekey", "accountkey", "sharedaccesskey",
    "authorization", "bearer", "pat", "jwt", "dsn", "sas",
))
_PAIRS = frozenset((
    "api key", "access key", "secret key", "private key", "account key", "auth key", "encryption key", "signing key",
    "license key", "shared key", "master key", "service key", "storage key", "connection string", "conn str",
    "webhook url", "session cookie", "client secret", "aws session",
))
# Names of this kind are about tokens of text, sizes or places, not secrets: pad_token, token_ids, secret_name.
_NOT_BEFORE = frozenset((
    "pad", "eos", "bos", "unk", "sep", "cls", "mask", "special", "start", "end", "stop", "next", "prev", "first", "last",
    "per", "new", "num", "n", "max", "min", "image", "audio", "prompt", "decoder", "forced", "mean", "vocab", "text",
    "sub", "additional", "no", "is", "has", "use", "with", "require", "requires", "show", "hide", "check", "validate",
))
_NOT_AFTER = frozenset((
    "type", "types", "id", "ids", "name", "names", "file", "path", "dir", "url", "uri", "endpoint", "count", "counts",
    "length", "len", "size", "limit", "index", "embedding", "embeddings", "level", "dim", "mask", "field", "label",
    "hint", "policy", "prompt", "expiry", "expires", "ttl", "scope", "scopes", "env", "var", "provider", "classes",
    "classification", "loss", "accuracy", "usage", "re", "pattern", "regex", "format", "header", "set", "store",
))
_SPLIT = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")


def is_secret_name(name):
    """Whether a variable, option, key or header of this name is likely to hold a secret."""
    words = [word.lower() for word in _SPLIT.findall(name)]
    for i, word in enumerate(words):
        before, after = words[i - 1] if i else "", words[i + 1] if i + 1 < len(words) else ""
        if word in _WORDS and after not in _NOT_AFTER:
            if word == "token" and before in _NOT_BEFORE:
                continue
            if before in ("no", "is", "has", "use", "require", "requires", "show", "hide", "check", "validate"):
                continue
            return True
        if before + " " + word in _PAIRS and after not in _NOT_AFTER:
            return True
    return False


def known_secrets(environ):
    """Values of `environ` (name: value) whose names are secret, longest first; give them to `redact`."""
    values = set()
    for name, value in environ.items():
        if len(value) >= _LEAST_KNOWN and is_secret_name(name) and not _harmless(value):
            values.add(value)
    return sorted(values, key=len, reverse=True)


def redact(text, known=()):
    """`(text without what looks like a secret, number of places that were taken out)`.

    `known` are values that must not appear whatever they look like. Never raises for any `str`.
    """
    count = [0]
    for value in known:
        if len(value) >= _LEAST_KNOWN and value in text:
            count[0] += text.count(value)
            text = text.replace(value, PLACEHOLDER)
    for pattern, parts, wanted in _RULES:
        text = pattern.sub(_replacing(parts, wanted, count), text)
    return text, count[0]


def _replacing(group, wanted, count):
    def replace(match):
        value = match.group(group)
        if value is None or PLACEHOLDER in value or not wanted(match, value):
            return match.group(0)
        count[0] += 1
        start, end = match.start(group) - match.start(0), match.end(group) - match.start(0)
        whole = match.group(0)
        return whole[:start] + _blank(value) + whole[end:]

    return replace


def _blank(value):
    """The placeholder in as many lines as the value had; the marks of a patch stay at their beginnings."""
    lines = value.split("\n")
    return "\n".join(
        [PLACEHOLDER] + [line[: len(line) - len(line.lstrip("+- \t#"))] + PLACEHOLDER for line in lines[1:]]
    )


def _always(_match, _value):
    return True


def _harmless(value):
    """Empty, a template (`{password}`, `$TOKEN`, `<token>`, `[PAD]`, `***`), a path or a plain word for nothing."""
    stripped = value.strip()
    if len(stripped) < 3 or stripped.lower() in ("none", "null", "true", "false", "str", "bytes", "int", "changeme"):
        return True
    first, last = stripped[0], stripped[-1]
    if (first, last) in (("{", "}"), ("<", ">"), ("[", "]"), ("(", ")"), ("%", "%")):
        return True
    return first == "$" or not stripped.strip("*.xX•-_") or stripped.startswith(("/", "./", "~/"))


def _named(match, value):
    return not _harmless(value) and is_secret_name(match.group("name"))


def _named_call(match, value):
    """`SecretStr("...")`, `set_password("...")`; what asks for or looks up a secret names it only."""
    name = match.group("name").rsplit(".", 1)[-1]
    asks = re.match(r"_*(get|read|load|fetch|ask|input|find|lookup|has|is|delete|revoke|create)", name, re.I)
    return not asks and not _harmless(value) and is_secret_name(name) and " " not in value


def _setting(match, value):
    """An unquoted value of `NAME=value` or `name: value`: not a Python expression, annotation or argument."""
    name, colon = match.group("name"), match.group("sign") == ":"
    if _harmless(value) or not is_secret_name(name) or "(" in value or value[0] in "\"'\\[{":
        return False
    bare = value.rstrip(",;")
    if colon:
        return not re.match(r"[A-Z][A-Za-z_.]*(\[.*)?$|(str|bytes|int|float|bool|object|dict|list)\b", bare)
    if name.upper() == name or match.group("lead").strip("+- \t"):
        return True
    return not re.match(r"[A-Za-z_][\w.]*$", bare)


def _random(_match, value):
    """Mixed case and digits, no words, and as many different characters as chance gives (Shannon, bits each)."""
    if not (re.search(r"[a-z]", value) and re.search(r"[A-Z]", value) and len(re.findall(r"\d", value)) > 1):
        return False
    if re.search(r"[a-z]{7}|[A-Z]{7}", value):
        return False
    share = [value.count(c) / float(len(value)) for c in set(value)]
    return -sum(p * math.log(p, 2) for p in share) > 3.9


# A literal, also inside the string of a notebook's JSON (\" in its place); group `value` is what stands in it.
_OPEN = r"(?:\b[rRbBuUfF]{1,2})?(?P<quote>(?:\\{1,3}\"){3}|(?:\\{1,3}'){3}|\\{0,3}(?:\"\"\"|'''|[\"']))"
_LITERAL = _OPEN + r"(?P<value>(?:(?!(?P=quote))[\s\S]){1,4096}?)(?P=quote)"
_NAME = r"(?:(?<![A-Za-z0-9_.\\])|(?<=\\[nrt]))(?P<name>[A-Za-z_][A-Za-z0-9_.\-]{0,80})"
_TYPED = r"(?:[ \t]*:[ \t]*[\w.\[\], |]{1,60})?"

_TOKENS = "|".join((
    r"(?:AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{16}",  # AWS access key ids
    r"gh[pousr]_[A-Za-z0-9]{30,}", r"github_pat_[A-Za-z0-9_]{30,}",
    r"gl(?:pat|dt|rt|ptt|cbt)-[A-Za-z0-9_\-]{18,}",
    r"xox[abeoprs]-[A-Za-z0-9\-]{10,}", r"xapp-[A-Za-z0-9\-]{10,}",
    r"AIza[A-Za-z0-9_\-]{35}", r"ya29\.[A-Za-z0-9_\-]{20,}", r"GOCSPX-[A-Za-z0-9_\-]{20,}",
    r"sk-(?:[A-Za-z0-9]{1,12}-)?[A-Za-z0-9_\-]{20,}", r"[rs]k_(?:live|test)_[A-Za-z0-9]{16,}", r"whsec_[A-Za-z0-9]{20,}",
    r"hf_[A-Za-z0-9]{30,}", r"r8_[A-Za-z0-9]{30,}", r"nvapi-[A-Za-z0-9_\-]{30,}",
    r"dapi[0-9a-f]{32}(?:-\d)?", r"dp\.(?:pt|st|ct)\.[A-Za-z0-9]{30,}",
    r"npm_[A-Za-z0-9]{36}", r"pypi-[A-Za-z0-9_\-]{50,}", r"dckr_pat_[A-Za-z0-9_\-]{20,}",
    r"SG\.[A-Za-z0-9_\-]{16,}\.[A-Za-z0-9_\-]{16,}", r"hv[sb]\.[A-Za-z0-9_\-]{20,}",
    r"eyJ[A-Za-z0-9_\-]{8,}\.eyJ[A-Za-z0-9_\-]{8,}\.[A-Za-z0-9_\-]*",  # JSON Web Tokens
    r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\.[0-9a-f]{64}",  # Cellruns' own kernel tokens
))

_RULES = [
    (re.compile(
        r"-----BEGIN (?:[A-Z0-9]{1,12} ){0,4}PRIVATE KEY(?: BLOCK)?-----(?P<value>[\s\S]{1,16384}?)"
        r"-----END [A-Z0-9 ]{0,40}PRIVATE KEY"
    ), "value", _always),
    (re.compile(r"(?<![A-Za-z0-9_\-])(?P<value>" + _TOKENS + r")(?![A-Za-z0-9_])"), "value", _always),
    # scheme://user:password@host
    (re.compile(r"(?<![A-Za-z0-9])[A-Za-z][A-Za-z0-9+.\-]{1,30}://[^\s/:@\"'\\]{0,200}:(?P<value>[^\s/@\"'\\]{1,400})@"),
     "value", lambda _m, v: not _harmless(v)),
    (re.compile(r"\b(?:Bearer|Basic|Token|ApiKey)[ ]+(?P<value>[A-Za-z0-9._~+/\-]{8,}=*)(?=[\"'\\\s,]|$)"),
     "value", lambda _m, v: bool(re.search(r"\d|[A-Z].*[a-z].*[A-Z]|=$", v))),
    # Signed URLs and tokens in queries.
    (re.compile(
        r"[?&](?:access_token|token|api_?key|key|sig|signature|password|pwd|secret|client_secret|code|auth|"
        r"X-Amz-(?:Signature|Credential|Security-Token)|X-Goog-(?:Signature|Credential)|AWSAccessKeyId)"
        r"=(?P<value>[^\s&\"'\\#]{6,})", re.I), "value", lambda _m, v: not _harmless(v)),
    # auth=("user", "password"), BasicAuth("user", "password"), login("user", "password")
    (re.compile(r"(?:\bauth[ \t]*=[ \t]*\(|Auth\(|\blogin\()\s*\\{0,3}[\"'][^\"'\n]{0,200}[\"']\s*,\s*" + _LITERAL),
     "value", lambda _m, v: not _harmless(v)),
    # name = "...", name: str = "...", f(name="..."), {"name": "..."}, environ["NAME"] = "..."
    (re.compile(_NAME + r"(?:\\{0,3}[\"']\s*\])?" + _TYPED + r"\s*[=!]?=\s*\(?\s*" + _LITERAL), "value", _named),
    # login(key="...")
    (re.compile(r"\b(?:key|auth|relogin_key)\s*=\s*" + _OPEN + r"(?P<value>[A-Za-z0-9_\-]{20,200})(?P=quote)"),
     "value", lambda _m, v: len(re.findall(r"\d", v)) >= 4),
    (re.compile(r"[\"']" + _NAME + r"\\{0,3}[\"']\s*:\s*" + _LITERAL), "value", _named),
    # os.getenv("NAME", "default"), environ.setdefault("NAME", "..."), monkeypatch.setenv("NAME", "...")
    (re.compile(
        r"\b(?:get|getenv|setdefault|setenv|putenv|pop|set|put|add_header|set_secret|setattr)\(\s*(?:\w+\s*,\s*)?"
        r"\\{0,3}[\"']" + _NAME + r"\\{0,3}[\"']\s*,\s*" + _LITERAL), "value", _named),
    (re.compile(_NAME + r"\(\s*" + _LITERAL), "value", _named_call),
    # export NAME=value, %env NAME=value, .env files, YAML and ini files, also in patches, comments and notebooks' JSON
    (re.compile(
        r"(?m)(?P<lead>(?:^|(?<=[\"'])|(?<=\\n))[ \t+\-#]*!?(?:(?:export|set|setx|%env|%set_env|ENV|ARG)[ \t]+)?)"
        + _NAME + r"(?P<sign>[ \t]*=|:)[ \t]*(?P<value>[^\s\"'\\][^\n\"'\\]{0,400}?)(?=[ \t]*(?:$|\\|[\"']|[ \t]#))"),
     "value", _setting),
    (re.compile(r"%(?:set_)?env[ \t]+" + _NAME + r"[ \t]+(?P<value>[^\s=\"'\\][^\s\"'\\]{2,400})"), "value", _named),
    # NAME=value before or in a shell command, Password=value;Server=... in connection strings
    (re.compile(r"(?<=[;&\"'\s])(?P<name>[A-Za-z_][A-Za-z_ ]{1,40}?)=(?P<value>[^\s;&\"'\\()\[\]{},]{3,400})(?=[;&\"' ])"),
     "value", _named),
    # --password value, --token=value, curl -u user:password
    (re.compile(r"(?<![\w\-])--(?P<name>[A-Za-z][\w\-]{1,60})(?:=|[ \t]+)[\"']?(?P<value>[^\s\"'\\\-][^\s\"'\\]{2,400})"),
     "value", _named),
    (re.compile(r"\bcurl\b[^\n]{0,400}?[ ](?:-u|--user)[ =]?[\"']?[^\s:\"'\\]{1,100}:(?P<value>[^\s\"'\\]{1,200})"),
     "value", lambda _m, v: not _harmless(v)),
    # A long random literal, whatever its name
    (re.compile(r"[\"'](?P<value>[A-Za-z0-9+/=_\-]{24,512})\\{0,3}[\"']"), "value", _random),
]
