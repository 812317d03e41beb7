"""Projects: a notebook becomes an MLproject, an MLproject becomes a run, and a proof compares the two."""
