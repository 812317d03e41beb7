"""Models: what the environment of a kernel holds, without touching the user's process."""
