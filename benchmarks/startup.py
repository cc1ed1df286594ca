"""Programs of a few lines, each in a new process: imports, first requests and new clients."""

import json
import re
import resource
import subprocess
import sys
import time

from benchmarks.peers import PEERS
from benchmarks.workloads import Context, Figures, ProfileRow, Workload

_PROGRAM = """
import sys, time
BASE, clients = sys.argv[1], []
modules, began = len(sys.modules), time.perf_counter()
{imports}
imported = [time.perf_counter() - began, len(sys.modules) - modules]
def new_client():
    began = time.perf_counter()
    client = {connect}
    {request}
    clients.append(client)
    return time.perf_counter() - began
print(imported + [new_client() for _ in range(int(sys.argv[2]))])
"""


def _command(context: Context, clients: int, sends: bool, *options: str) -> list[str]:
    peer = PEERS[context.row]
    request = peer.small if sends else "pass"
    code = _PROGRAM.format(imports=peer.imports, connect=peer.connect, request=request)
    base = f"{context.origin}/small" if sends else "https://api.chatroutes.example"
    return [sys.executable, "-I", *options, "-c", code, base, str(clients)]


def program(context: Context, clients: int = 0, sends: bool = False) -> Workload:
    """Run a program that imports the client, makes `clients` clients, and sends a request with each."""
    command = _command(context, min(clients, 20) if context.quick else clients, sends)

    def repeat(_: int) -> Figures:
        before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
        done = subprocess.run(command, capture_output=True, text=True)
        process, after = time.perf_counter() - began, resource.getrusage(resource.RUSAGE_CHILDREN)
        if done.returncode:
            raise RuntimeError(done.stderr.strip().splitlines()[-1])
        wall, modules, *times = json.loads(done.stdout)
        cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        figures = {"process": process, "cpu": cpu}
        if modules:  # otherwise the program imports nothing
            figures |= {"wall": wall, "modules": modules}
        if times:
            figures |= {"first": times[0], "later": sum(times[1:]) / max(len(times) - 1, 1)}
        return figures

    return Workload(repeat)


def profile_imports(context: Context, sends: bool) -> list[ProfileRow]:
    """Return the time that each module of a program takes without the modules that it imports."""
    fastest: dict[str, int] = {}
    command = _command(context, int(sends), sends, "-X", "importtime")
    for _ in range(5):
        output = subprocess.run(command, capture_output=True, text=True).stderr
        for own, name in re.findall(r"^import time:\s+(\d+) \|\s+\d+ \|\s+(\S+)$", output, re.M):
            fastest[name] = min(int(own), fastest.get(name, int(own)))
    return [(own, 1, name) for name, own in fastest.items()]
