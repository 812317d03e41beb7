"""`python -m jupyterlab_cellruns.projects`, the same as `jupyter cellruns`."""

import sys

from .cli import main

sys.exit(main())
