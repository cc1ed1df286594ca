"""The published releases of the SDK, as they were installed by many, run on the server unmodified.

Each release gets an environment of its own, and what runs there are programs of their own: the
examples of the release's documentation, taken from the installed package, and those below
`published`, which call every method and meet every error.
"""

from __future__ import annotations

import json
import os
import re
import sqlite3
import subprocess
import sys
import venv
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from chatroutes_server import LocalServer
from tests.support.markers import single_python
from tests.support.paths import ROOT
from tests.support.server_api import Api

pytestmark = single_python

PROGRAMS = Path(__file__).parent / "published"
KEY = "your-api-key"  # the examples' own
SERVICE = "https://api.chatroutes.com/api/v1"

Place = tuple[str, int]


class Block(NamedTuple):
    """A block of code of a documentation."""

    language: str
    place: Place
    """The heading that it stands below, and how many blocks stand before it there."""
    line: int
    """Where its code begins, counted from 1."""
    code: str


def parse_blocks(text: str) -> list[Block]:
    found: list[Block] = []
    heading = ""
    before: Counter[str] = Counter()
    for match in re.finditer(
        r"^(?:#+ ([^\n]+)|```(\w*)\n(.*?)^```)$", text, re.DOTALL | re.MULTILINE
    ):
        if match[1]:
            heading = match[1]
            continue
        line = text.count("\n", 0, match.start(3)) + 1
        found.append(Block(match[2], (heading, before[heading]), line, match[3]))
        before[heading] += 1
    return found


class Release:
    """A published release, installed into an environment of its own."""

    def __init__(self, version: str, folder: Path) -> None:
        self.version = version
        self._folder = folder
        self._python = folder / ("Scripts" if os.name == "nt" else "bin") / "python"
        # This Python's pip installs into it: giving it one of its own takes longer.
        venv.create(folder, with_pip=False, symlinks=os.name != "nt")
        self._succeed(
            *(sys.executable, "-m", "pip", "--disable-pip-version-check"),
            *(f"--python={self._python}", "install"),
            *("--quiet", "--no-input", "--require-hashes", "--no-deps"),
            *("--requirement", str(ROOT / f"requirements/published-{version}.txt")),
        )
        self.readme: str = self.describe()["readme"]

    def _succeed(self, *command: str) -> None:
        done = subprocess.run(command, cwd=self._folder.parent, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr

    def run(self, program: str, *arguments: str, given: str = "") -> str:
        """Run one of the programs to its good end, and give what it printed."""
        # -I: nothing but this environment is to be imported from.
        command = [str(self._python), "-I", "-X", "utf8", str(PROGRAMS / program), *arguments]
        done = subprocess.run(
            command,
            cwd=self._folder,
            input=given,
            capture_output=True,
            encoding="utf-8",
            timeout=120,
        )
        assert done.stderr == ""
        assert done.returncode == 0
        return done.stdout

    def describe(self) -> dict[str, Any]:
        description: dict[str, Any] = json.loads(self.run("describe.py"))
        return description


@pytest.fixture(scope="module", params=["0.1.0", "0.2.6"])
def release(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Release:
    return Release(request.param, tmp_path_factory.mktemp("published") / "environment")


# The examples of the documentation.


class Shown(NamedTuple):
    """What there is to see after a block has run."""

    out: str
    names: dict[str, Any]
    replies: Mapping[str, Any]
    """The stored replies on the main branch of conv_123, by what they answer."""


def first_conversation(shown: Shown) -> None:
    assert shown.names["conversation"]["title"] == "My First Conversation"
    assert shown.out == shown.names["response"]["message"]["content"] + "\n"
    assert 'You wrote: "Hello, how are you?"' in shown.out


def product_discussion(shown: Shown) -> None:
    assert shown.out == ""
    assert shown.names["conversation"]["title"] == "Product Discussion"


def key_features(shown: Shown) -> None:
    assert shown.out == ""
    answered = shown.names["response"]["assistantMessage"]
    assert answered == shown.replies["What are the key features?"]
    assert answered["metadata"]["temperature"] == 0.7


def key_features_and_tokens(shown: Shown) -> None:
    response = shown.names["response"]
    assert response["message"] == shown.replies["What are the key features?"]
    used = response["usage"]["totalTokens"]
    assert shown.out == f"{response['message']['content']}\nTokens used: {used}\n"


def story(shown: Shown) -> None:
    assert shown.out == shown.replies["Tell me a story"]["content"]


def story_and_id(shown: Shown) -> None:
    told = shown.replies["Tell me a story"]
    assert shown.out == f"{told['content']}\n\nMessage ID: {told['id']}\n"


def two_branches(shown: Shown) -> None:
    assert shown.out == ""
    branch, fork = shown.names["branch"], shown.names["fork"]
    assert (branch["title"], branch["contextMode"]) == ("Alternative Response", "FULL")
    assert (fork["title"], fork["forkPointMessageId"]) == (
        "Exploring Different Approach",
        "msg_456",
    )
    assert branch["conversationId"] == fork["conversationId"] == "conv_123"


def titles_and_times(shown: Shown) -> None:
    lines = [line.rsplit(" - ", 1) for line in shown.out.splitlines()]
    titles = [title for title, _ in lines]
    assert sorted(titles) == ["An older one", "My First Conversation", "Product Discussion"]
    assert all(re.fullmatch(r"\d{4}-\d\d-\d\dT[\d:]{8}\.\d{3}Z", time) for _, time in lines)
    assert shown.names["result"]["total"] == 3


def suggestions(shown: Shown) -> None:
    assert re.fullmatch(
        r"Status: healthy\n"
        r"Branch: .+\n"
        r"  Description: .+\n"
        r"  Confidence: \d\d%\n"
        r"  Trigger: 'Can you help with both\?'\n",
        shown.out,
    )
    assert set(shown.names["analysis"]) == {"suggestions", "metadata"}


def used_checkpoint(shown: Shown) -> None:
    checkpoint, metadata = shown.names["checkpoint"], shown.names["metadata"]
    assert checkpoint["anchor_message_id"] == "msg_456"
    assert shown.names["response"]["message"] == shown.replies["Continue the conversation"]
    assert shown.out == (
        f"Checkpoint created: {checkpoint['id']}\n"
        f"Summary: {checkpoint['summary']}\n"
        f"Token count: {checkpoint['token_count']}\n"
        f"{checkpoint['id']}: {checkpoint['summary']}\n"
        "Checkpoint was used for this response\n"
        f"Context messages: {metadata['context_message_count']}\n"
    )


def no_error(shown: Shown) -> None:
    assert shown.out == ""
    assert shown.names["conversation"]["id"] == "conv_123"


def nothing(shown: Shown) -> None:
    assert shown.out == ""


# What each block shows.
SHOWS: dict[str, dict[Place, Callable[[Shown], None]]] = {
    "0.1.0": {
        ("2. Quick Start", 0): first_conversation,
        ("Creating a Conversation", 0): product_discussion,
        ("Sending Messages", 0): key_features,
        ("Streaming Responses", 0): story,
        ("Working with Branches", 0): two_branches,
        ("Listing Conversations", 0): titles_and_times,
        ("Error Handling", 0): no_error,
        ("ChatRoutes Client", 0): nothing,
    },
    "0.2.6": {
        ("2. Quick Start", 0): first_conversation,
        ("Creating a Conversation", 0): product_discussion,
        ("Sending Messages", 0): key_features_and_tokens,
        ("Streaming Responses", 0): story_and_id,
        ("Working with Branches", 0): two_branches,
        ("Listing Conversations", 0): titles_and_times,
        ("AutoBranch - AI-Powered Branch Detection 🆕", 0): suggestions,
        ("Managing Checkpoints", 0): used_checkpoint,
        ("Error Handling", 0): no_error,
        ("ChatRoutes Client", 0): nothing,
    },
}

# Blocks that are not run, each with the reason.
LEFT_OUT: dict[Place, str] = {
    ("Installation", 0): "a command: the release was installed before, by its version",
    ("Setup", 0): "commands: they fetch the sources of the release",
    ("Running Tests", 0): "a command for the sources",
    ("Type Checking", 0): "a command for the sources",
    ("Code Formatting", 0): "a command for the sources",
}


def test_every_block_of_the_documentation_is_run_or_left_out_for_a_reason(release: Release) -> None:
    blocks = parse_blocks(release.readme)

    assert release.readme.count("```") == 2 * len(blocks)
    run = [block.place for block in blocks if block.place not in LEFT_OUT]
    assert run == list(SHOWS[release.version])
    assert {block.place for block in blocks} >= set(LEFT_OUT)
    assert all((block.language == "python") == (block.place in run) for block in blocks)


def pointed_at(base_url: str, code: str) -> str:
    """Put the server in the place of the hosted service."""
    return code.replace(SERVICE, base_url).replace(
        f'ChatRoutes(api_key="{KEY}")', f'ChatRoutes(api_key="{KEY}", base_url="{base_url}")'
    )


@pytest.fixture
def documented(tmp_path: Path) -> Iterator[LocalServer]:
    """A server with the conversation and the message that the examples name."""
    database = tmp_path / "chatroutes.db"
    with LocalServer(api_key=KEY, database=database) as running:
        with Api(running) as api:
            conversation_id = api.conversation(title="An older one")
            message_id = api.send(conversation_id, "Hi")["userMessage"]["id"]
        with sqlite3.connect(database) as file:  # foreign keys are off unless one asks for them
            known = {"new": "conv_123", "old": conversation_id}
            file.execute("UPDATE conversations SET id = :new WHERE id = :old", known)
            for table in ("branches", "messages"):
                file.execute(
                    f"UPDATE {table} SET conversation_id = :new WHERE conversation_id = :old",
                    known,
                )
            file.execute("UPDATE messages SET id = 'msg_456' WHERE id = ?", (message_id,))
        file.close()
        yield running


def replies_of(messages: Sequence[Any]) -> dict[str, Any]:
    """Give the replies by what they answer."""
    pairs = zip(messages[::2], messages[1::2], strict=True)
    return {user["content"]: assistant for user, assistant in pairs}


def test_the_examples_of_the_documentation_run(release: Release, documented: LocalServer) -> None:
    shows = SHOWS[release.version]
    blocks = [block for block in parse_blocks(release.readme) if block.place in shows]
    task = {
        "base_url": documented.base_url,
        "blocks": [(block.line, pointed_at(documented.base_url, block.code)) for block in blocks],
    }

    results = json.loads(release.run("run_blocks.py", given=json.dumps(task)))

    with Api(documented) as api:
        replies = replies_of(api.messages("conv_123"))
    assert len(results) == len(blocks) == len(shows)
    for block, (out, names) in zip(blocks, results, strict=True):
        shows[block.place](Shown(out, names, replies))


# All the rest of it.


def methods_of_the_reference(readme: str) -> list[str]:
    reference = readme.split("\n## API Reference\n")[1].split("\n## ")[0]
    methods: list[str] = []
    for section in reference.split("\n### ")[1:]:
        resource = section.split()[0].lower()
        methods += [
            f"{resource}.{name}" for name in re.findall(r"^- `(\w+)\(", section, re.MULTILINE)
        ]
    return methods


UNDOCUMENTED = {"0.1.0": [], "0.2.6": ["branches.send_message"]}


def test_every_method_gives_back_what_the_server_keeps(release: Release) -> None:
    with LocalServer(api_key=KEY) as running:
        called = release.run("every_method.py", running.base_url, KEY)

    documented = methods_of_the_reference(release.readme)
    assert called.splitlines() == sorted(documented + UNDOCUMENTED[release.version])
    assert len(documented) == {"0.1.0": 18, "0.2.6": 25}[release.version]


ERRORS = """\
AuthenticationError 401 AUTHENTICATION_ERROR
AuthenticationError 401 AUTHENTICATION_ERROR
RateLimitError 429 RATE_LIMIT_EXCEEDED
ServerError 500 SERVER_ERROR
NetworkError 0 NETWORK_ERROR
NotFoundError 404 NOT_FOUND
NotFoundError 404 NOT_FOUND
NotFoundError 404 NOT_FOUND
NotFoundError 404 NOT_FOUND
ValidationError 400 VALIDATION_ERROR
ValidationError 400 VALIDATION_ERROR
ValidationError 400 VALIDATION_ERROR
ValidationError 400 VALIDATION_ERROR
ChatRoutesError 409 CONFLICT
"""


def test_errors_come_as_the_classes_that_the_documentation_names(release: Release) -> None:
    faults = (
        "listConversations:status=429,retry_after=7",
        "getConversationTree:status=503,times=4",
        "streamMessage:cut_after=2",
    )
    with LocalServer(api_key=KEY, faults=faults) as running:
        assert release.run("errors.py", running.base_url, KEY) == ERRORS


def test_the_release_is_installed_as_published(release: Release) -> None:
    description = release.describe()

    assert description["version"] == release.version
    assert description["files"] > 10
    assert description["changed"] == []
