"""Processes of their own that load a model: trying it on an input, serving it. Nothing here runs in a kernel."""
