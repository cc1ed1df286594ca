"""The pytest plugin: fixtures and markers, used by the tests of other projects."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
from collections import Counter
from typing import NamedTuple
from xml.etree import ElementTree

import pytest

from tests.support.documents import read_example_tests
from tests.support.plugin_environment import DEVELOPER_SETTINGS, STRICT_OPTIONS
from tests.support.plugin_environment import developer_environment as developer_environment

EXAMPLES = read_example_tests()

FAULT_TESTS = """
    import pytest
    from chatroutes import ServerError
    from chatroutes_server import Fault

    @pytest.mark.chatroutes_faults(FAULT)
    def test_client_retries(chatroutes_client):
        chatroutes_client.conversations.create({"title": "At the third attempt"})

    @pytest.mark.chatroutes_faults(FAULT)
    def test_fault_is_injected_twice(chatroutes_client):
        client = chatroutes_client.with_options(retry_attempts=0)
        for _ in range(2):
            with pytest.raises(ServerError):
                client.conversations.create({"title": "T"})
        client.conversations.create({"title": "T"})

    def test_other_tests_have_no_faults(chatroutes_client):
        client = chatroutes_client.with_options(retry_attempts=0)
        client.conversations.create({"title": "T"})
"""


class ProjectResult(NamedTuple):
    """The result of one test project. One pytest process runs all projects, because starting it takes longer than the tests."""

    name: str
    outcomes: Counter[str]
    output: list[str]
    """The output of pytest for all projects."""


PROJECTS: dict[str, dict[str, str]] = {}


def with_project(name: str, *codes: str, conftest: str = "") -> pytest.MarkDecorator:
    """Pass the result of this test project to the decorated test."""
    PROJECTS[name] = {f"test_{name}_{number}.py": code for number, code in enumerate(codes)}
    PROJECTS[name] |= {"conftest.py": conftest} if conftest else {}
    return pytest.mark.parametrize("project_result", [name], indirect=True, ids=[""])


@pytest.fixture(scope="module")
def project_results(tmp_path_factory: pytest.TempPathFactory) -> dict[str, ProjectResult]:
    folder = tmp_path_factory.mktemp("projects")
    for name, files in PROJECTS.items():
        (folder / name).mkdir()
        for file, code in files.items():
            (folder / name / file).write_text(textwrap.dedent(code), "utf-8")
    report = folder / "report.xml"
    process = subprocess.run(
        [
            sys.executable,
            "-m",
            "pytest",
            *STRICT_OPTIONS,
            f"--rootdir={folder}",
            f"--junit-xml={report}",
        ],
        cwd=folder,
        env=os.environ | DEVELOPER_SETTINGS,
        capture_output=True,
        encoding="utf-8",
    )
    assert process.returncode == pytest.ExitCode.OK, process.stdout + process.stderr
    outcomes = {name: Counter[str]() for name in PROJECTS}
    for case in ElementTree.parse(report).iter("testcase"):
        outcomes[case.attrib["classname"].partition(".")[0]][get_outcome(case)] += 1
    output = process.stdout.splitlines()
    return {name: ProjectResult(name, counts, output) for name, counts in outcomes.items()}


def get_outcome(case: ElementTree.Element) -> str:
    return next(
        (each.tag for each in case if each.tag in ("failure", "error", "skipped")), "passed"
    )


@pytest.fixture
def project_result(
    project_results: dict[str, ProjectResult], request: pytest.FixtureRequest
) -> ProjectResult:
    """Return the result of the project that `with_project` names."""
    return project_results[request.param]


def assert_passed(project_result: ProjectResult, tests: int) -> None:
    assert project_result.outcomes == {"passed": tests}, "\n".join(project_result.output)


@with_project(
    "empty",
    """
    import pytest
    from chatroutes import ChatRoutes
    from chatroutes_server import LocalServer

    @pytest.mark.parametrize("repetition", range(2))
    def test_server_is_empty(chatroutes_server, chatroutes_client, repetition):
        assert isinstance(chatroutes_server, LocalServer)
        assert isinstance(chatroutes_client, ChatRoutes)
        created = chatroutes_client.conversations.create({"title": "T"})
        listed = chatroutes_client.conversations.list()["data"]
        assert [each["id"] for each in listed] == [created["id"]]
""",
)
def test_each_test_has_its_own_empty_server(project_result: ProjectResult) -> None:
    assert_passed(project_result, 2)


@with_project(
    "shared",
    """
    import pytest

    @pytest.mark.anyio
    async def test_both(chatroutes_client, async_chatroutes_client, anyio_backend):
        created = chatroutes_client.conversations.create({"title": "T"})
        fetched = await async_chatroutes_client.conversations.get(created["id"])
        assert fetched["title"] == "T"
""",
)
def test_clients_of_one_test_share_its_server(project_result: ProjectResult) -> None:
    assert_passed(project_result, 2)


SHARED_EVENT_LOOP = """
import pytest

@pytest.fixture(scope="session", params=["asyncio", "trio"])
def anyio_backend(request):
    return request.param

@pytest.fixture(scope=SCOPE, autouse=True)
async def shared_event_loop(anyio_backend):
    yield
"""
SEND_AND_STREAM_TESTS = """
import gc
import pytest

pytestmark = pytest.mark.anyio

@pytest.mark.parametrize("repetition", range(2))
async def test_send_and_stream(async_chatroutes_client, anyio_backend, repetition):
    client = async_chatroutes_client
    gc.collect()
    created = await client.conversations.create({"title": "T"})
    stream = client.messages.stream(created["id"], {"content": "Hello"})
    assert "Hello" in await stream.get_final_text()
    listed = (await client.conversations.list())["data"]
    assert [each["id"] for each in listed] == [created["id"]]

async def test_abandoned_stream(async_chatroutes_client, anyio_backend):
    client = async_chatroutes_client
    created = await client.conversations.create({"title": "T"})
    stream = client.messages.stream(created["id"], {"content": "Hello"})
    await stream.__aenter__()

async def test_garbage_collection_of_the_stream_warns_nothing():
    gc.collect()
"""


@with_project(
    "event_loop_per_function",
    SEND_AND_STREAM_TESTS,
    conftest=SHARED_EVENT_LOOP.replace("SCOPE", "'function'"),
)
def test_async_client_runs_on_asyncio_and_trio(project_result: ProjectResult) -> None:
    assert_passed(project_result, 8)


@with_project(
    "event_loop_per_session",
    SEND_AND_STREAM_TESTS,
    conftest=SHARED_EVENT_LOOP.replace("SCOPE", "'session'"),
)
def test_async_client_runs_in_a_session_event_loop(project_result: ProjectResult) -> None:
    assert_passed(project_result, 8)


MARKER_ARGUMENTS = [
    "Fault('createConversation', status=503, times=2)",
    "'createConversation:status=503,times=2'",
    "'createConversation:status=503', Fault('*', status=500)",
]


@with_project("marked", *(FAULT_TESTS.replace("FAULT", each) for each in MARKER_ARGUMENTS))
def test_marker_injects_faults_into_its_test_only(project_result: ProjectResult) -> None:
    assert_passed(project_result, 3 * len(MARKER_ARGUMENTS))


@with_project(
    "class_and_test",
    """
    import pytest
    from chatroutes import ChatRoutesError

    @pytest.mark.chatroutes_faults("*:status=500")
    class TestAll:
        @pytest.mark.chatroutes_faults("*:status=503")
        def test_both_faults(self, chatroutes_client):
            client = chatroutes_client.with_options(retry_attempts=0)
            statuses = []
            for _ in range(2):
                with pytest.raises(ChatRoutesError) as caught:
                    client.conversations.list()
                statuses.append(caught.value.status_code)
            assert statuses == [503, 500]
""",
)
def test_faults_of_a_test_precede_those_of_its_class(project_result: ProjectResult) -> None:
    assert_passed(project_result, 1)


@with_project(
    "replies",
    """
    import json
    import re
    import pytest
    from chatroutes_server import Reply

    def ask(client):
        conversation = client.conversations.create({"title": "T"})
        reply = client.messages.send(conversation["id"], {"content": "How many?"})
        return json.loads(reply["message"]["content"])

    def count(request):
        return json.dumps(len(request.content))

    @pytest.mark.chatroutes_replies(['{"count": 1}', Reply("[]", whole=True)])
    def test_list(chatroutes_client):
        assert [ask(chatroutes_client), ask(chatroutes_client)] == [{"count": 1}, []]

    @pytest.mark.chatroutes_replies({"gpt-5": "5"})
    class TestClass:
        def test_dict_of_the_class(self, chatroutes_client):
            assert ask(chatroutes_client) == 5

        @pytest.mark.chatroutes_replies({re.compile("many"): "6"})
        def test_nearest_marker(self, chatroutes_client):
            assert ask(chatroutes_client) == 6

    @pytest.mark.chatroutes_replies(replies=count)
    def test_function(chatroutes_client):
        assert ask(chatroutes_client) == 9

    @pytest.mark.chatroutes_replies("1")
    def test_while_the_server_runs(chatroutes_server, chatroutes_client):
        assert ask(chatroutes_client) == 1
        chatroutes_server.set_replies("2")
        assert ask(chatroutes_client) == 2

    class TestFixture:
        @pytest.fixture
        def chatroutes_replies(self):
            return "3"

        def test_fixture_can_be_overridden(self, chatroutes_client):
            assert ask(chatroutes_client) == 3
""",
)
def test_marker_and_fixture_set_the_replies(project_result: ProjectResult) -> None:
    assert_passed(project_result, 6)


@with_project("documents", *(block.code for block in EXAMPLES))
def test_examples_of_the_documents_pass(project_result: ProjectResult) -> None:
    assert EXAMPLES
    tests = sum(block.code.count("def test_") for block in EXAMPLES)
    marked_async = sum(block.code.count("pytest.mark.anyio") for block in EXAMPLES)
    assert_passed(project_result, tests + marked_async)
