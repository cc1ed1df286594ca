"""Generate clients of other languages, compile them, and run each through one conversation."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from interop.catalogue import catalogue
from interop.client import ROOT, YES
from interop.table import Outcome, page, table

WORK = ROOT / "build/interop"
PAGE = ROOT / "docs/interop.md"
INTRODUCTION = ROOT / "interop/INTRODUCTION.md"


def main() -> int:
    """Give 1 if a client failed whose toolchain is there."""
    known = {each.name: each for each in catalogue()}
    parser = argparse.ArgumentParser(prog="scripts/interop", description=__doc__)
    parser.add_argument(
        "names", nargs="*", metavar="CLIENT", help=f"{', '.join(known)}; all if none is named"
    )
    parser.add_argument(
        "--work", type=Path, default=WORK, help="folder to work in; it stays (%(default)s)"
    )
    options = parser.parse_args()
    unknown = [name for name in options.names if name not in known]
    if unknown:
        parser.error(f"there is no client {', '.join(unknown)}, but {', '.join(known)}")

    outcomes: list[Outcome] = []
    for name in options.names or known:
        _say(f"== {name}")
        outcomes.append((known[name], known[name].try_out(options.work.resolve(), _say)))
    sys.stdout.write(table(outcomes))
    if not options.names:
        _write_page(outcomes)
    return int(any(result.failed for _, result in outcomes))


def _write_page(outcomes: list[Outcome]) -> None:
    """Tell the run's outcome in the documentation, if it is the whole of it."""
    if any(set(result) != {YES} for _, result in outcomes):
        _say(f"{PAGE.relative_to(ROOT)} stays as it is: not every client was run.")
        return
    PAGE.parent.mkdir(exist_ok=True)
    PAGE.write_text(page(outcomes, INTRODUCTION.read_text("utf-8")), "utf-8")


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
