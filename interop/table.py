"""What came of it, as Markdown."""

from __future__ import annotations

from collections.abc import Sequence

from interop.client import Client, Result

HEAD = ("client", "language", "generator", "version", "generated", "compiled", "ran", "to know")

Outcome = tuple[Client, Result]


def table(outcomes: Sequence[Outcome]) -> str:
    """A row for each client: what generates it, how far it came, and the first thing to know of it."""
    rows = [HEAD, ("---",) * len(HEAD)]
    rows += [
        (each.name, each.language, each.generator, each.version, *result, each.notes[0])
        for each, result in outcomes
    ]
    return "".join(f"| {' | '.join(row)} |\n" for row in rows)


def page(outcomes: Sequence[Outcome], introduction: str) -> str:
    """The page of the documentation: the table, and all there is to know of each client."""
    sections = [
        f"\n## {each.name}\n\n" + "".join(f"- {note}\n" for note in each.notes)
        for each, _ in outcomes
    ]
    return introduction + "\n" + table(outcomes) + "".join(sections)
