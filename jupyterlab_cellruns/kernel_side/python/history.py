"""The cells that this kernel has executed, in order, with their sources as they were sent: saved or not."""

from __future__ import annotations

MOST_TEXT = 1_500_000
"""Characters of source kept; above it what was run again unchanged goes first, then the oldest."""
MOST_CELLS = 5000
MOST_SOURCE = 200_000
"""Characters kept of one cell."""


class Execution:
    """One cell run once."""

    __slots__ = ("cell_id", "count", "serial", "source", "started_at", "status", "truncated")

    def __init__(self, serial, cell_id, count, source, started_at):
        self.serial = serial
        self.cell_id = cell_id
        self.count = count
        self.truncated = len(source) > MOST_SOURCE
        self.source = source[:MOST_SOURCE]
        self.started_at = started_at
        self.status = "running"

    def json(self):
        found = {
            "serial": self.serial, "cell_id": self.cell_id, "execution_count": self.count, "source": self.source,
            "started_at": self.started_at, "status": self.status,
        }
        if self.truncated:
            found["truncated"] = True
        return found


class History:
    """Bounded. Written by the main thread; `until` may be called from any."""

    def __init__(self, most_text=MOST_TEXT, most_cells=MOST_CELLS):
        self.omitted = 0
        """Executions that are no longer kept."""
        self._most_text = most_text
        self._most_cells = most_cells
        self._text = 0
        self._kept = []

    def started(self, serial, cell_id, count, source, started_at):
        """A cell begins. `serial` grows; `started_at` is ms since epoch."""
        execution = Execution(serial, cell_id, count, source, started_at)
        self._kept.append(execution)
        self._text += len(execution.source)
        if self._text > self._most_text or len(self._kept) > self._most_cells:
            self._trim()

    def finished(self, serial, ok):
        """The cell that began last has ended."""
        if self._kept and self._kept[-1].serial == serial:
            self._kept[-1].status = "ok" if ok else "error"

    def until(self, serial):
        """Executions up to and with `serial`, oldest first."""
        return [execution for execution in list(self._kept) if execution.serial <= serial]

    def _trim(self):
        """Make room, a quarter at a time so that it is rarely done."""
        later, again = set(), set()
        for execution in reversed(self._kept):
            key = (execution.cell_id, execution.source)
            if key in later:
                again.add(execution.serial)
            later.add(key)
        self._drop(lambda execution: execution.serial in again)
        self._drop(lambda execution: True)

    def _drop(self, goes):
        text, cells = self._most_text * 3 // 4, self._most_cells * 3 // 4
        count, last = len(self._kept), self._kept[-1]
        rest = []
        for execution in self._kept:
            if (self._text > text or count > cells) and execution is not last and goes(execution):
                self._text -= len(execution.source)
                self.omitted += 1
                count -= 1
            else:
                rest.append(execution)
        self._kept = rest
