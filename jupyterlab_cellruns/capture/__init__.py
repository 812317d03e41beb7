"""Events on their way from a kernel to a store. Imports neither tornado nor zmq."""
