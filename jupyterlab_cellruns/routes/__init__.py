"""HTTP routes under `/cellruns`, one module per resource."""

from .table import handlers

__all__ = ["handlers"]
