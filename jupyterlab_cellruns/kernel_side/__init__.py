"""Source that runs inside kernels. The server ships it as text."""
