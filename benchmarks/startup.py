"""What costs a program once: programs of a few lines, each run in a process of its own."""

from __future__ import annotations

import json
from typing import Final

from benchmarks.peers.catalogue import FIELD
from benchmarks.processes import import_times, run_cold
from benchmarks.profiles import Row, import_rows

BARE: Final = "python alone"

_IMPORT: Final = """
import sys, time
before, began = len(sys.modules), time.perf_counter()
{importing}
print([time.perf_counter() - began, len(sys.modules) - before])
"""
_FIRST_CALL: Final = """
import sys
BASE = sys.argv[1]
{importing}
client = {connect}
print([str({call})])
"""
_NEW: Final = """
import time
{importing}
def new():
    began = time.perf_counter()
    clients.append({new})
    return time.perf_counter() - began
clients = []
first = new()
print([first, sum(new() for _ in range({further})) / {further}])
"""
_NEW_AND_CALL: Final = """
import sys, time
BASE = sys.argv[1]
{importing}
def new():
    began = time.perf_counter()
    client = {connect}
    {call}
    clients.append(client)
    return time.perf_counter() - began
clients = []
first = new()
print([first, sum(new() for _ in range(10)) / 10])
"""


def _program(template: str, name: str, further: int = 0) -> tuple[str, str]:
    """The environment and the lines of a client's program."""
    client = FIELD.get(name, FIELD["httpx"])
    importing = "pass" if name == BARE else client.importing
    call = "client and 0" if name == BARE else client.call
    connect = "1" if name == BARE else client.connect
    lines = template.format(
        importing=importing, new=client.new, connect=connect, call=call, further=further
    )
    return client.environment, lines


def import_once(name: str) -> dict[str, float]:
    """Seconds that the import takes and modules that it loads, and the whole process."""
    told, process = run_cold(*_program(_IMPORT, name))
    wall, modules = json.loads(told)
    whole = {"process": process["wall"], "cpu": process["cpu"]}
    return whole if name == BARE else {"wall": wall, "modules": modules, **whole}


def first_call_once(name: str, origin: str) -> dict[str, float]:
    """The whole of a process that makes one small call."""
    return run_cold(*_program(_FIRST_CALL, name), f"{origin}/small")[1]


def new_clients_once(name: str, further: int) -> dict[str, float]:
    """Seconds for the first client of a process, and for each of those after it."""
    first, later = json.loads(run_cold(*_program(_NEW, name, further))[0])
    return {"first": first, "later": later}


def new_and_call_once(name: str, origin: str) -> dict[str, float]:
    """As `new_clients_once`, with a small call on a new connection by each."""
    told, _ = run_cold(*_program(_NEW_AND_CALL, name), f"{origin}/small")
    first, later = json.loads(told)
    return {"first": first, "later": later}


def import_profile(name: str) -> list[Row]:
    """What the import spends its time on."""
    environment, _ = _program(_IMPORT, name)
    return import_rows(import_times(environment, FIELD[name].importing))


def first_call_profile(name: str, origin: str) -> list[Row]:
    """Which modules a program with one small call loads, and at what cost."""
    return import_rows(import_times(*_program(_FIRST_CALL, name), f"{origin}/small"))
