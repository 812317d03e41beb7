"""`python -m jupyterlab_cellruns.projects`, the same as `jupyter cellruns`."""

import sys

from .cli import main

if __name__ == "__main__":
    sys.exit(main())
