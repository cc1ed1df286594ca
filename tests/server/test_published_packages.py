"""Published releases of the SDK work with the local server.

Each release is installed into its own environment. The code examples of its documentation run there,
and the programs in the folder `published`, which call every method and trigger every error.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from chatroutes_server import LocalServer
from tests.support.markdown import Location, locate_blocks
from tests.support.published_release import Release
from tests.support.seeded_server import run_seeded_server
from tests.support.server_api import Api

pytestmark = pytest.mark.check
API_KEY = "your-api-key"  # the key in the documented examples
HOSTED_BASE_URL = "https://api.chatroutes.com/api/v1"


@pytest.fixture(scope="module", params=["0.1.0", "0.2.6"])
def release(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Release:
    return Release(request.param, tmp_path_factory.mktemp("published") / "environment")


# The examples of the documentation.


class BlockResult(NamedTuple):
    """The output and the variables of a block that was run."""

    stdout: str
    names: dict[str, Any]
    replies: Mapping[str, Any]
    """The stored replies on the main branch of conv_123, by the user's message."""


def check_first_conversation(result: BlockResult) -> None:
    assert result.names["conversation"]["title"] == "My First Conversation"
    assert result.stdout == result.names["response"]["message"]["content"] + "\n"
    assert 'You wrote: "Hello, how are you?"' in result.stdout


def check_product_discussion(result: BlockResult) -> None:
    assert result.stdout == ""
    assert result.names["conversation"]["title"] == "Product Discussion"


def check_key_features(result: BlockResult) -> None:
    assert result.stdout == ""
    reply = result.names["response"]["assistantMessage"]
    assert reply == result.replies["What are the key features?"]
    assert reply["metadata"]["temperature"] == 0.7


def check_key_features_and_tokens(result: BlockResult) -> None:
    response = result.names["response"]
    assert response["message"] == result.replies["What are the key features?"]
    total_tokens = response["usage"]["totalTokens"]
    assert result.stdout == f"{response['message']['content']}\nTokens used: {total_tokens}\n"


def check_story(result: BlockResult) -> None:
    assert result.stdout == result.replies["Tell me a story"]["content"]


def check_story_and_id(result: BlockResult) -> None:
    reply = result.replies["Tell me a story"]
    assert result.stdout == f"{reply['content']}\n\nMessage ID: {reply['id']}\n"


def check_branches(result: BlockResult) -> None:
    assert result.stdout == ""
    branch, fork = result.names["branch"], result.names["fork"]
    assert (branch["title"], branch["contextMode"]) == ("Alternative Response", "FULL")
    assert (fork["title"], fork["forkPointMessageId"]) == (
        "Exploring Different Approach",
        "msg_456",
    )
    assert branch["conversationId"] == fork["conversationId"] == "conv_123"


def check_list(result: BlockResult) -> None:
    lines = [line.rsplit(" - ", 1) for line in result.stdout.splitlines()]
    titles = [title for title, _ in lines]
    assert sorted(titles) == ["An older one", "My First Conversation", "Product Discussion"]
    assert all(re.fullmatch(r"\d{4}-\d\d-\d\dT[\d:]{8}\.\d{3}Z", time) for _, time in lines)
    assert result.names["result"]["total"] == 3


def check_suggestions(result: BlockResult) -> None:
    assert re.fullmatch(
        r"Status: healthy\n"
        r"Branch: .+\n"
        r"  Description: .+\n"
        r"  Confidence: \d\d%\n"
        r"  Trigger: 'Can you help with both\?'\n",
        result.stdout,
    )
    assert set(result.names["analysis"]) == {"suggestions", "metadata"}


def check_checkpoint(result: BlockResult) -> None:
    checkpoint, metadata = result.names["checkpoint"], result.names["metadata"]
    assert checkpoint["anchor_message_id"] == "msg_456"
    assert result.names["response"]["message"] == result.replies["Continue the conversation"]
    assert result.stdout == (
        f"Checkpoint created: {checkpoint['id']}\n"
        f"Summary: {checkpoint['summary']}\n"
        f"Token count: {checkpoint['token_count']}\n"
        f"{checkpoint['id']}: {checkpoint['summary']}\n"
        "Checkpoint was used for this response\n"
        f"Context messages: {metadata['context_message_count']}\n"
    )


def check_no_error(result: BlockResult) -> None:
    assert result.stdout == ""
    assert result.names["conversation"]["id"] == "conv_123"


def check_no_output(result: BlockResult) -> None:
    assert result.stdout == ""


# The check of the output and the variables of each block.
CHECKS: dict[str, dict[Location, Callable[[BlockResult], None]]] = {
    "0.1.0": {
        ("2. Quick Start", 0): check_first_conversation,
        ("Creating a Conversation", 0): check_product_discussion,
        ("Sending Messages", 0): check_key_features,
        ("Streaming Responses", 0): check_story,
        ("Working with Branches", 0): check_branches,
        ("Listing Conversations", 0): check_list,
        ("Error Handling", 0): check_no_error,
        ("ChatRoutes Client", 0): check_no_output,
    },
    "0.2.6": {
        ("2. Quick Start", 0): check_first_conversation,
        ("Creating a Conversation", 0): check_product_discussion,
        ("Sending Messages", 0): check_key_features_and_tokens,
        ("Streaming Responses", 0): check_story_and_id,
        ("Working with Branches", 0): check_branches,
        ("Listing Conversations", 0): check_list,
        ("AutoBranch - AI-Powered Branch Detection 🆕", 0): check_suggestions,
        ("Managing Checkpoints", 0): check_checkpoint,
        ("Error Handling", 0): check_no_error,
        ("ChatRoutes Client", 0): check_no_output,
    },
}

# Blocks that are not run, with the reason.
NOT_RUN: dict[Location, str] = {
    ("Installation", 0): "a command; the release is already installed",
    ("Setup", 0): "commands that download the sources of the release",
    ("Running Tests", 0): "a command for the sources",
    ("Type Checking", 0): "a command for the sources",
    ("Code Formatting", 0): "a command for the sources",
}


def test_every_code_block_is_run_or_has_a_reason_not_to(release: Release) -> None:
    blocks = locate_blocks(release.readme)

    assert release.readme.count("```") == 2 * len(blocks)
    run = [location for location in blocks if location not in NOT_RUN]
    assert run == list(CHECKS[release.version])
    assert blocks.keys() >= set(NOT_RUN)
    assert all((block.language == "python") == (at in run) for at, block in blocks.items())


def use_local_server(base_url: str, code: str) -> str:
    """Replace the hosted service by the local server in an example."""
    return code.replace(HOSTED_BASE_URL, base_url).replace(
        f'ChatRoutes(api_key="{API_KEY}")',
        f'ChatRoutes(api_key="{API_KEY}", base_url="{base_url}")',
    )


@pytest.fixture
def documented_server(tmp_path: Path) -> Iterator[LocalServer]:
    with run_seeded_server(tmp_path, API_KEY) as local_server:
        yield local_server


def replies_by_content(messages: Sequence[Any]) -> dict[str, Any]:
    """Return each reply by the content of the user's message."""
    pairs = zip(messages[::2], messages[1::2], strict=True)
    return {user["content"]: assistant for user, assistant in pairs}


def test_documented_examples_run(release: Release, documented_server: LocalServer) -> None:
    checks = CHECKS[release.version]
    located = locate_blocks(release.readme).items()
    blocks = {location: block for location, block in located if location in checks}
    task = {
        "base_url": documented_server.base_url,
        "blocks": [
            (block.line, use_local_server(documented_server.base_url, block.code))
            for block in blocks.values()
        ],
    }

    results = json.loads(release.run("run_blocks.py", stdin=json.dumps(task)))

    with Api(documented_server) as api:
        replies = replies_by_content(api.messages("conv_123"))
    assert len(results) == len(blocks) == len(checks)
    for location, (stdout, names) in zip(blocks, results, strict=True):
        checks[location](BlockResult(stdout, names, replies))


# Methods and errors.


def list_documented_methods(readme: str) -> list[str]:
    reference = readme.split("\n## API Reference\n")[1].split("\n## ")[0]
    methods: list[str] = []
    for section in reference.split("\n### ")[1:]:
        resource = section.split()[0].lower()
        methods += [
            f"{resource}.{name}" for name in re.findall(r"^- `(\w+)\(", section, re.MULTILINE)
        ]
    return methods


UNDOCUMENTED_METHODS = {"0.1.0": [], "0.2.6": ["branches.send_message"]}


def test_every_method_matches_the_stored_objects(release: Release) -> None:
    with LocalServer(api_key=API_KEY) as local_server:
        output = release.run("every_method.py", local_server.base_url, API_KEY)

    documented = list_documented_methods(release.readme)
    assert output.splitlines() == sorted(documented + UNDOCUMENTED_METHODS[release.version])
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


def test_errors_have_the_documented_classes(release: Release) -> None:
    faults = (
        "listConversations:status=429,retry_after=7",
        "getConversationTree:status=503,times=4",
        "streamMessage:cut_after=2",
    )
    with LocalServer(api_key=API_KEY, faults=faults) as local_server:
        assert release.run("errors.py", local_server.base_url, API_KEY) == ERRORS


def test_release_is_installed_unchanged(release: Release) -> None:
    description = release.describe()

    assert description["version"] == release.version
    assert description["files"] > 10
    assert description["changed"] == []
