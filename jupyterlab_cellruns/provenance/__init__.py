"""What a run was made from: executed cells, environment, git state (docs/provenance.md). No tornado in here."""
