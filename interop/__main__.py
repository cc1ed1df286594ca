"""Generate clients in other languages from the OpenAPI document, compile them, and run them.

Each client runs against the local server, which sends both dialects at once, and against servers that send one
dialect alone or what a later release may send. A run of all clients updates the table in docs/interop.md.
"""

from __future__ import annotations

import argparse
import sys

from interop.runner import (
    CLIENTS,
    DOCS,
    FAILED,
    NOT_RUN,
    PASSED,
    Client,
    Result,
    markdown_table,
    replace_table,
    run_steps,
)


def main() -> int:
    """Return 1 if a client failed. A missing toolchain is not a failure."""
    names = [client.name for client in CLIENTS]
    parser = argparse.ArgumentParser(prog="scripts/interop", description=__doc__)
    parser.add_argument(
        "names", nargs="*", metavar="CLIENT", help=f"{', '.join(names)} (default: all)"
    )
    selected: list[str] = parser.parse_args().names or names
    if unknown := set(selected) - set(names):
        parser.error(
            f"unknown client: {', '.join(sorted(unknown))}. Choose from {', '.join(names)}."
        )

    results: list[tuple[Client, Result]] = []
    for client in CLIENTS:
        if client.name in selected:
            print(f"== {client.name}", file=sys.stderr, flush=True)
            results.append((client, run_steps(client)))
    print(markdown_table(results), end="")

    outcomes = {outcome for _, result in results for outcome in result.values()}
    if len(results) == len(CLIENTS) and outcomes <= {PASSED, NOT_RUN}:
        DOCS.write_text(replace_table(DOCS.read_text("utf-8"), markdown_table(results)), "utf-8")
    else:
        print(
            "docs/interop.md is unchanged: it is updated if all clients run and pass.",
            file=sys.stderr,
        )
    return int(FAILED in outcomes)


if __name__ == "__main__":
    sys.exit(main())
