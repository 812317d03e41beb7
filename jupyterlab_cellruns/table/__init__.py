"""The runs table: filter, sort, group, fold and cut out a window of all runs of a store, next to the data."""
