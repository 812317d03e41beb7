"""What looks like a secret is taken out of code, patches and logs; what is none stays; the text keeps its lines."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jupyterlab_cellruns.kernel_side.python.redact import PLACEHOLDER, is_secret_name, known_secrets, redact

# `S3cr3t.Value` stands for the secret; every line must lose it and nothing else.
SECRET = "S3cr3t.Value"
WITH_SECRET = [
    'password = "{}"',
    "db_password: str = '{}'",
    'connect(user="me", password="{}", host="db")',
    'os.environ["DB_PASSWORD"] = "{}"',
    "os.environ['HF_TOKEN']='{}'",
    'key = os.getenv("API_KEY", "{}")',
    'cfg = {{"api_key": "{}", "name": "bob"}}',
    "dbPassword = r'{}'",
    '%env AWS_SECRET_ACCESS_KEY={}',
    "%env MY_TOKEN {}",
    "!export TOKEN={}",
    "export DB_PASSWORD={}",
    "!curl -u me:{} https://example.org",
    '!curl -H "Authorization: Bearer {}" https://example.org',
    "!mysql --password={} --host x",
    "!tool --api-token {} run",
    'engine = create_engine("postgresql://me:{}@db/x")',
    'get(url, auth=("me", "{}"))',
    'SecretStr("{}")',
    'if password == "{}": pass',
    "# password: {}",
    "+  password: {}",
    "-DB_TOKEN={}",
    '-password = "{}"',
    '"Server=x;Password={};Uid=y"',
    'url = "https://bucket.example.org/k?X-Amz-Signature={}&X-Amz-Date=2"',
    'password = """{}"""',
    'wandb.init(); openai.api_key = "{}"',
]
TOKENS = [
    "AKIA" + "Q" * 16, "ghp_" + "a1B2" * 9, "glpat-" + "a1B2" * 5, "xoxb-" + "1234567890-abc", "AIza" + "a1B2_" * 7,
    "sk-proj-" + "a1B2" * 6, "hf_" + "aBcD" * 8, "dapi" + "0a" * 16, "npm_" + "a1B2" * 9,
    "eyJhbGciOiJI.eyJzdWIiOiIx.c2ln", "AbC9dEf8GhI7jKl6MnO5pQr4StU3vWx2",
    "01234567-89ab-cdef-0123-456789abcdef." + "0a" * 32,
]
WITHOUT_SECRET = [
    'tokenizer = AutoTokenizer.from_pretrained("bert-base-uncased")',
    'tokenizer.pad_token = "[PAD]"',
    "max_tokens = 100",
    "def f(token: str, password: str = None): pass",
    "token = token",
    "    password: SecretStr",
    'password = getpass.getpass("Password: ")',
    'secret = get_secret("prod/db")',
    'secret_name = "prod/db"',
    'f"postgresql://{user}:{password}@db"',
    "!curl -u $USER:$PASSWORD https://example.org",
    'mlflow.get_run("0123456789abcdef0123456789abcdef")',
    'mlflow.set_tracking_uri("http://127.0.0.1:5000/base")',
    'path = "s3://bucket/Some/Path2024/Train01/File9"',
    "index 0123456..89abcde 100644",
    'author = "Bob Builder"; compass = "north"; passed = "yes"',
    "mlflow.log_params({'lr': 0.1, 'token_dim': 8, 'next_token': 'word'})",
]


@pytest.mark.parametrize("line", WITH_SECRET)
def test_a_secret_goes_and_the_rest_stays(line: str) -> None:
    text = line.format(SECRET)
    assert redact(text) == (line.format(PLACEHOLDER), 1)


@pytest.mark.parametrize("line", [line for line in WITH_SECRET if '"' in line or "'" in line])
def test_a_secret_in_the_json_of_a_notebook_goes_too(line: str) -> None:
    cell = json.dumps({"source": ["import os\n", line.format(SECRET) + "\n", "x = 1\n" + line.format(SECRET) + "\n"]})
    text, _ = redact("+" + cell)
    assert SECRET not in text
    json.loads(text[1:])


@pytest.mark.parametrize("token", TOKENS)
def test_the_published_shapes_of_tokens_go_under_any_name(token: str) -> None:
    assert redact(f'run(x, "{token}")') == (f'run(x, "{PLACEHOLDER}")', 1)


@pytest.mark.parametrize("line", WITHOUT_SECRET)
def test_what_is_no_secret_stays(line: str) -> None:
    assert redact(line) == (line, 0)


def test_known_values_go_wherever_they_stand() -> None:
    environ = {"DB_PASSWORD": "correct horse", "PATH": "/usr/bin", "PIN_TOKEN": "1234", "MLFLOW_TRACKING_TOKEN": "abc.def"}
    known = known_secrets(environ)
    assert known == ["correct horse", "abc.def"]
    assert redact("say('correct horse', 'abc.def', '/usr/bin', 1234)", known) == (
        f"say('{PLACEHOLDER}', '{PLACEHOLDER}', '/usr/bin', 1234)", 2
    )


def test_a_private_key_goes_and_a_patch_keeps_its_lines() -> None:
    patch = '@@ -1,2 +1,4 @@\n key = """-----BEGIN RSA PRIVATE KEY-----\n+MIIabc\n+def\n+-----END RSA PRIVATE KEY-----"""\n'
    text, count = redact(patch)
    assert count == 1 and "MIIabc" not in text and "def" not in text
    assert [line[:1] for line in text.split("\n")] == [line[:1] for line in patch.split("\n")]


@pytest.mark.parametrize("name", ["password", "dbPassword", "DB_PASSWORD", "api-key", "HF_TOKEN", "aws_secret_access_key"])
def test_secret_names(name: str) -> None:
    assert is_secret_name(name)


@pytest.mark.parametrize("name", ["tokenizer", "max_tokens", "pad_token", "author", "key", "token_type_ids", "bypass"])
def test_other_names(name: str) -> None:
    assert not is_secret_name(name)


PIECES = st.sampled_from(["password", "token", "=", ":", '"', "'", '"""', "\\", "\n", " ", "(", "--", "://", "@", "+", "%env ",
                          "x", "7", "[redacted]", "-----BEGIN PRIVATE KEY-----", "auth=(", ",", "é", "\x00", "sk-"])


@settings(max_examples=300, deadline=None)
@given(st.lists(PIECES | st.text(max_size=8), max_size=40).map("".join))
def test_any_text_keeps_its_lines_and_a_second_time_changes_nothing(text: str) -> None:
    once, _ = redact(text)
    assert once.count("\n") == text.count("\n")
    assert redact(once)[0] == once


@pytest.mark.timeout(60)
def test_no_text_takes_long() -> None:
    """All of it is some two seconds' work; a pattern that backtracks would take minutes for one of them."""
    for text in (
        'password="' * 20_000, "a" * 200_000, "token=" * 30_000, "x://" * 50_000, '"' * 100_000, " " * 200_000,
        "-----BEGIN PRIVATE KEY-----" * 1_000, "eyJ" * 60_000, "\\" * 200_000, "curl " * 40_000,
    ):
        redact(text)
