"""The one chart output under a cell that logs: opened at the first event, completed when the cell ends."""

from __future__ import annotations

import threading

from . import picture
from .session import new_id


class Charts:
    """Opens and completes chart outputs. Display ids are the anchor ids."""

    def __init__(self, owner, recorder):
        self.owner = owner
        self.recorder = recorder
        self._cells = {}

    def touch(self, state):
        """Join a run to the chart of the cell that is running; called before an event of the run is queued."""
        cell = self.owner.cell
        if state.anchors and threading.current_thread() is not threading.main_thread():
            # A thread goes on logging while other cells run: it stays with the cell that started it.
            return
        state.cell_serial = cell.serial
        if cell.anchor is None:
            if not cell.running:
                return
            cell.anchor = new_id("c")
            self._cells[cell.anchor] = (cell, [])
            while len(self._cells) > 50:
                self._cells.pop(next(iter(self._cells)))
            self.recorder.put((cell,))
            self._publish(picture.opening(cell.anchor, self._cell_json(cell), state.store), cell, False)
        entry = self._cells.get(cell.anchor)
        if entry is not None and state not in entry[1]:
            entry[1].append(state)
            state.anchors.append(cell.anchor)

    def complete(self, cell):
        """Write the final state of a cell's chart into its output."""
        entry = self._cells.get(cell.anchor)
        if entry is None:
            return
        self.recorder.flush()
        states = entry[1]
        ended = all(s.status != "RUNNING" for s in states)
        store = states[0].store if states else "attached"
        data = picture.bundle(cell.anchor, self._cell_json(cell), store, states, ended)
        self._publish(data, cell, True)

    def _cell_json(self, cell):
        return {"id": cell.id, "execution_count": cell.execution_count}

    def _publish(self, data, cell, update):
        self.owner.shell.display_pub.publish(
            data=data, metadata={}, transient={"display_id": cell.anchor}, update=update
        )
