"""Attaching to kernels: environment, injection, iopub tap."""
