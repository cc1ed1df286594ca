"""Send the prompts of a file with several processes or machines, and write the replies to another file.

    pip install chatroutes distributed
    python examples/dask_batch.py prompts.jsonl results.jsonl --run reviews-1

Each line of the first file is an object with `id` and `prompt`. If the program is killed, start it again
with the same arguments: it skips what is in the second file, and the service returns the replies that it has
stored for the same run.
"""

from __future__ import annotations

import argparse
import itertools
import json
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from distributed import Client, LocalCluster, WorkerPlugin, as_completed, get_worker

from chatroutes import ChatRoutes

Row = dict[str, Any]


class ChatRoutesPlugin(WorkerPlugin):
    """Give each worker process a client of its own. The API key comes from its environment."""

    name = "chatroutes"

    def setup(self, worker: Any) -> None:
        worker.chatroutes = ChatRoutes()

    def teardown(self, worker: Any) -> None:
        if hasattr(worker, "chatroutes"):  # not if there was no API key
            worker.chatroutes.close()


def send(rows: list[Row], run: str) -> list[Row]:
    """Send some prompts. This runs in a worker."""
    worker: Any = get_worker()
    client: ChatRoutes = worker.chatroutes
    with client.map(
        rows,
        message=lambda row: row["prompt"],
        key=lambda row: row["id"],
        idempotency_key=run,
    ) as results:
        return [
            {
                "key": result.key,
                "text": result.text,
                "conversation": result.conversation_id,
                "error": None if result.error is None else str(result.error),
            }
            for result in results
        ]


def read_rows(path: Path, done: set[str]) -> Iterator[Row]:
    with path.open(encoding="utf-8") as file:
        for line in filter(str.strip, file):  # lines that are not empty
            row = json.loads(line)
            if str(row["id"]) not in done:
                yield row


def read_keys(path: Path) -> set[str]:
    """Return the keys of the results. Remove a last line that is incomplete."""
    if not path.exists():
        return set()
    lines = path.read_bytes().splitlines(keepends=True)
    if lines and not lines[-1].endswith(b"\n"):
        path.write_bytes(b"".join(lines[:-1]))
        lines.pop()
    return {json.loads(line)["key"] for line in lines}


def batches(rows: Iterable[Row], size: int) -> Iterator[list[Row]]:
    iterator = iter(rows)
    while batch := list(itertools.islice(iterator, size)):
        yield batch


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("prompts", type=Path)
    parser.add_argument("results", type=Path)
    parser.add_argument("--run", required=True, help="name of the run: the same name continues it")
    parser.add_argument("--scheduler", help="address of a scheduler; default: two processes here")
    parser.add_argument("--size", type=int, default=50, help="prompts per task")
    arguments = parser.parse_args()
    target = arguments.scheduler or LocalCluster(
        n_workers=2,
        threads_per_worker=1,
        host="127.0.0.1",
        dashboard_address="127.0.0.1:0",
    )
    rows = read_rows(arguments.prompts, read_keys(arguments.results))
    tasks = batches(rows, arguments.size)
    with Client(target) as cluster, arguments.results.open("a", encoding="utf-8") as file:
        cluster.register_plugin(ChatRoutesPlugin())
        # A few tasks for each worker, and the next one when one has ended: the input may be long.
        window = 2 * len(cluster.scheduler_info(n_workers=-1)["workers"])

        def submit(task: list[Row]) -> Any:
            return cluster.submit(send, task, arguments.run, pure=False, retries=2)

        running = as_completed(
            [submit(task) for task in itertools.islice(tasks, window)], with_results=True
        )
        for future, replies in running:
            future.release()
            for reply in replies:
                error = reply.pop("error")
                if error is None:
                    file.write(json.dumps(reply) + "\n")
                else:
                    print(f"{reply['key']}: {error}", file=sys.stderr)
            file.flush()
            for task in itertools.islice(tasks, 1):
                running.add(submit(task))
    if arguments.scheduler is None:
        target.close()


if __name__ == "__main__":
    main()
