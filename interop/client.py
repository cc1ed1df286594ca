"""One client: generated, compiled, and run through the scripted conversation."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from chatroutes_server import LocalServer
from interop.deployments import ALTERATIONS, deployment
from interop.programs import Program, ProgramError, run

ROOT = Path(__file__).resolve().parent.parent
CONTRACT = ROOT / "openapi/chatroutes.yaml"
OLDER_CONTRACT = ROOT / "openapi/chatroutes-3.0.yaml"
SOURCES = ROOT / "interop"

YES, FAILED, NOT_REACHED = "yes", "failed", "—"

GENERATING, COMPILING, RUNNING = 180, 1200, 120  # seconds until it is given up

TRANSCRIPT = """\
created: Grüße 🌿
replied: "Hello"
forked: Another way
replied: "And now?"
listed: 1, Grüße 🌿
tree: 4 of 4 messages on 2 branches
missing: 404 NOT_FOUND
deleted: true
"""

Step = Callable[[Path], None]


class Result(NamedTuple):
    """How far a client came; each is yes, failed, not reached, or the program that is missing."""

    generated: str = NOT_REACHED
    compiled: str = NOT_REACHED
    ran: str = NOT_REACHED

    @property
    def failed(self) -> bool:
        return FAILED in self


@dataclass(frozen=True)
class Client:
    """What is generated for one language, and how.

    `generate` and `compile` work in a folder of the client's own. `command` is the program that holds the
    conversation, and `transcript` the lines that it must print.
    """

    name: str
    language: str
    generator: str
    version: str
    generate: Step
    generates_with: Sequence[Program]
    compile: Step
    compiles_with: Sequence[Program]
    command: Callable[[Path], Sequence[str | Path]]
    transcript: str = TRANSCRIPT

    @property
    def notes(self) -> list[str]:
        """What its user must know, a sentence or two each."""
        text = (SOURCES / self.name / "NOTES.md").read_text("utf-8")
        return [" ".join(each.split()) for each in text.removeprefix("- ").split("\n- ")]

    def try_out(self, work: Path, complain: Callable[[str], None]) -> Result:
        """Generate, compile and run it in a folder below `work`, saying what failed."""
        folder = work / self.name
        folder.mkdir(parents=True, exist_ok=True)
        steps: list[tuple[Step, Sequence[Program]]] = [
            (self.generate, self.generates_with),
            (self.compile, self.compiles_with),
            (self._talk, ()),
        ]
        result: list[str] = []
        for step, programs in steps:
            lacks = [lack for each in programs if (lack := each.lack())]
            if lacks:
                result.append(", ".join(lacks))
                break
            try:
                step(folder)
            except ProgramError as failure:
                complain(f"{self.name}: {failure}")
                result.append(FAILED)
                break
            result.append(YES)
        return Result(*result)

    def _talk(self, folder: Path) -> None:
        """Hold the conversation with the local server, as it is and as other deployments answer."""
        with LocalServer() as server:
            self._hold(folder, server.base_url, server.api_key, "the local server")
            for alter in ALTERATIONS:
                with deployment(server.base_url, alter) as base_url:
                    self._hold(folder, base_url, server.api_key, f"a {alter.__name__} deployment")

    def _hold(self, folder: Path, base_url: str, api_key: str, partner: str) -> None:
        told = {"CHATROUTES_BASE_URL": base_url, "CHATROUTES_API_KEY": api_key}
        told |= {"NO_PROXY": "127.0.0.1", "no_proxy": "127.0.0.1"}
        try:
            said = run(self.command(folder), folder, RUNNING, told)
        except ProgramError as failure:
            raise ProgramError(f"with {partner}: {failure}") from failure
        lines = said.splitlines()
        missing = [line for line in self.transcript.splitlines() if line not in lines]
        if missing:
            raise ProgramError(f"with {partner} it did not print {missing}, but:\n{said}")
