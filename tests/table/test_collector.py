"""The hold on Python's garbage collector while rows are read."""

from __future__ import annotations

import gc
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest

from jupyterlab_cellruns.table.collector import collector_held


def test_nothing_is_collected_until_the_last_of_many_threads_is_done() -> None:
    inside = Barrier(4)
    generations: list[int] = []

    def watch(phase: str, info: dict[str, int]) -> None:
        if phase == "start":
            generations.append(info["generation"])

    def work() -> bool:
        with collector_held():
            inside.wait(10)
            rows = [(number, [number]) for number in range(20_000)]
            inside.wait(10)
            return not gc.isenabled() and len(rows) == 20_000

    gc.callbacks.append(watch)
    try:
        with ThreadPoolExecutor(4) as pool:
            held = list(pool.map(lambda _: work(), range(4)))
    finally:
        gc.callbacks.remove(watch)
    assert held == [True] * 4
    assert 2 not in generations
    assert gc.isenabled()


def test_an_error_inside_lets_go_and_what_was_off_stays_off() -> None:
    with pytest.raises(KeyError), collector_held():
        raise KeyError
    assert gc.isenabled()
    gc.disable()
    try:
        with collector_held(), collector_held():
            pass
        assert not gc.isenabled()
    finally:
        gc.enable()
