# What start, test and bench share. Sourced by them, never run.
set -euo pipefail

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
VENV=$ROOT/.venv
STATE=$ROOT/.cellruns
PY=$VENV/bin/python
export PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD=1

say() { printf '\033[1m%s\033[0m\n' "$*" >&2; }

die() {
  printf 'Error: %s\n' "$1" >&2
  shift
  for hint in "$@"; do printf '       %s\n' "$hint" >&2; done
  exit 1
}

# A checksum of the given files and folders, by content and path.
fingerprint() {
  (cd "$ROOT" && find "$@" -type f ! -path '*/__pycache__/*' -exec cksum {} + | LC_ALL=C sort | cksum | tr ' ' '-')
}

# fresh STAMP VALUE: true where the step of that stamp was done for this value.
fresh() { [ -f "$1" ] && [ "$(cat "$1")" = "$2" ]; }

# A linked .venv or node_modules belongs to another checkout: it is used as it is.
borrowed() { [ -L "$1" ]; }

python_is_new_enough() { "$1" -c 'import sys; sys.exit(sys.version_info < (3, 10))' 2>/dev/null; }

find_python() {
  local name
  for name in ${PYTHON:-} python3 python3.13 python3.12 python3.11 python3.10 python3.14 python; do
    if command -v "$name" >/dev/null && python_is_new_enough "$name"; then
      command -v "$name"
      return
    fi
  done
  die "Python 3.10 or later is needed, found $(python3 --version 2>&1 || echo 'no python3')." \
    "Install it (Debian, Ubuntu: apt-get install python3 python3-venv; macOS: brew install python)" \
    "or name one: PYTHON=/path/to/python3.12 $0"
}

make_venv() {
  if "$PY" -m pip --version >/dev/null 2>&1; then return; fi
  local python
  python=$(find_python)
  if ! "$python" -c 'import venv, ensurepip' 2>/dev/null; then
    die "$python cannot make a virtual environment: its venv or ensurepip module is missing." \
      "Debian, Ubuntu: apt-get install python$("$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])')-venv"
  fi
  say "Making .venv with $python"
  "$python" -m venv --clear "$VENV"
}

need_node() {
  local version
  command -v node >/dev/null && command -v npm >/dev/null ||
    die "Node.js 20 or later with npm is needed to build the front end, and was not found." \
      "Install it from https://nodejs.org or with your package manager."
  version=$(node -p 'process.versions.node')
  [ "${version%%.*}" -ge 20 ] ||
    die "Node.js 20 or later is needed to build the front end, found $version ($(command -v node))." \
      "Install it from https://nodejs.org or with your package manager."
}

# install_python EXTRAS: this project, editable, with the extras ("lab,examples").
install_python() {
  if borrowed "$VENV"; then
    use_tree
    return
  fi
  make_venv
  local stamp=$VENV/.cellruns-$1 value
  value=$(fingerprint pyproject.toml package.json jupyter-config install.json)
  if fresh "$stamp" "$value"; then return; fi
  say "Installing Python packages ($1)"
  # The front end is built by build_front_end; hatch only has to find its folder.
  mkdir -p "$ROOT/jupyterlab_cellruns/labextension"
  (
    cd "$ROOT"
    "$PY" -m pip install --quiet 'pip>=21.3'
    HATCH_JUPYTER_BUILDER_SKIP_NPM=1 "$PY" -m pip install --quiet --editable ".[$1]"
  )
  link_labextension "$VENV/share/jupyter"
  echo "$value" >"$stamp"
}

# JupyterLab reads the front end from the working tree, so that a build is enough to see it.
link_labextension() {
  mkdir -p "$1/labextensions"
  rm -rf "$1/labextensions/jupyterlab-cellruns"
  ln -s "$ROOT/jupyterlab_cellruns/labextension" "$1/labextensions/jupyterlab-cellruns"
}

# Both halves from this working tree, in an environment that has only the dependencies.
use_tree() {
  [ -f "$ROOT/jupyterlab_cellruns/_version.py" ] ||
    sed -n 's/^ *"version": \("[^"]*"\),$/__version__ = \1/p' "$ROOT/package.json" \
      >"$ROOT/jupyterlab_cellruns/_version.py"
  mkdir -p "$STATE/share/jupyter" "$STATE/etc"
  link_labextension "$STATE/share/jupyter"
  rm -rf "$STATE/etc/jupyter_server_config.d"
  cp -R "$ROOT/jupyter-config/server-config" "$STATE/etc/jupyter_server_config.d"
  export PYTHONPATH=$ROOT${PYTHONPATH:+:$PYTHONPATH}
  export JUPYTER_PATH=$STATE/share/jupyter${JUPYTER_PATH:+:$JUPYTER_PATH}
  export JUPYTER_CONFIG_PATH=$STATE/etc${JUPYTER_CONFIG_PATH:+:$JUPYTER_CONFIG_PATH}
}

install_node() {
  if borrowed "$ROOT/node_modules"; then return; fi
  need_node
  local stamp=$ROOT/node_modules/.cellruns value
  value=$(fingerprint package-lock.json)-$(node -p 'process.platform + process.arch')
  if fresh "$stamp" "$value"; then return; fi
  say "Installing npm packages"
  (cd "$ROOT" && npm ci --no-audit --no-fund --loglevel error)
  echo "$value" >"$stamp"
}

build_front_end() {
  local stamp=$STATE/front-end value
  value=$(fingerprint src style schema package.json package-lock.json tsconfig.json)
  if fresh "$stamp" "$value" && [ -f "$ROOT/jupyterlab_cellruns/labextension/package.json" ]; then return; fi
  install_node
  say "Building the front end"
  (cd "$ROOT" && PATH=$VENV/bin:$PATH npm run --silent build)
  mkdir -p "$STATE"
  echo "$value" >"$stamp"
}

# Path of a Chromium or Chrome; installs Debian's where that can be done without asking.
find_chromium() {
  local name
  for name in ${CELLRUNS_CHROMIUM:-} chromium chromium-browser google-chrome-stable google-chrome \
    '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome' /Applications/Chromium.app/Contents/MacOS/Chromium; do
    if command -v "$name" >/dev/null; then
      command -v "$name"
      return
    fi
  done
  if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    say "Installing Chromium"
    { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends chromium; } >&2 || true
    if command -v chromium; then return; fi
  fi
  die "The browser tests need Chromium or Chrome, and none was found." \
    "Install it (Debian: apt-get install chromium) or name one: CELLRUNS_CHROMIUM=/path/to/chrome $0"
}
