"""Copies runs of one store into another, as often as wanted and without doubles (docs/push.md). No tornado in here."""
