"""The pytest plugin: pytest runs the tests of others, on the fixtures and the marker."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
from collections import Counter
from typing import NamedTuple
from xml.etree import ElementTree

import pytest

from tests.support.plugin_environment import DEVELOPER_SETTINGS, STRICT_OPTIONS
from tests.support.plugin_environment import developer_environment as developer_environment
from tests.support.readme import BLOCKS

EXAMPLES = [block for block in BLOCKS if block.kind == "example: test"]

RETRIED = """
    import pytest
    from chatroutes import ServerError
    from chatroutes_server import Fault

    @pytest.mark.chatroutes_faults(FAULT)
    def test_the_client_goes_through_it(chatroutes_client):
        chatroutes_client.conversations.create({"title": "At the third try"})

    @pytest.mark.chatroutes_faults(FAULT)
    def test_it_fails_so_many_times(chatroutes_client):
        once = chatroutes_client.with_options(retry_attempts=0)
        for _ in range(2):
            with pytest.raises(ServerError):
                once.conversations.create({"title": "T"})
        once.conversations.create({"title": "T"})

    def test_another_test_meets_none(chatroutes_client):
        once = chatroutes_client.with_options(retry_attempts=0)
        once.conversations.create({"title": "T"})
"""


class Project(NamedTuple):
    """Tests of others, one of a few projects that one pytest runs: starting it takes longer than its tests."""

    name: str
    outcomes: Counter[str]
    told: list[str]
    """What pytest said of all the projects."""


PROJECTS: dict[str, dict[str, str]] = {}


def project(name: str, *codes: str, conftest: str = "") -> pytest.MarkDecorator:
    """Run the decorated test with that project, after it and all others were run."""
    PROJECTS[name] = {f"test_{name}_{number}.py": code for number, code in enumerate(codes)}
    PROJECTS[name] |= {"conftest.py": conftest} if conftest else {}
    return pytest.mark.parametrize("ran", [name], indirect=True, ids=[""])


@pytest.fixture(scope="module")
def all_ran(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Project]:
    folder = tmp_path_factory.mktemp("projects")
    for name, files in PROJECTS.items():
        (folder / name).mkdir()
        for file, code in files.items():
            (folder / name / file).write_text(textwrap.dedent(code), "utf-8")
    report = folder / "report.xml"
    done = subprocess.run(
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
    # One of them asks for a fault that cannot be.
    assert done.returncode == pytest.ExitCode.TESTS_FAILED, done.stdout + done.stderr
    outcomes = {name: Counter[str]() for name in PROJECTS}
    for case in ElementTree.parse(report).iter("testcase"):
        outcomes[case.attrib["classname"].partition(".")[0]][outcome_of(case)] += 1
    told = done.stdout.splitlines()
    return {name: Project(name, counted, told) for name, counted in outcomes.items()}


def outcome_of(case: ElementTree.Element) -> str:
    return next(
        (each.tag for each in case if each.tag in ("failure", "error", "skipped")), "passed"
    )


@pytest.fixture
def ran(all_ran: dict[str, Project], request: pytest.FixtureRequest) -> Project:
    """One of the projects, and what came of it."""
    return all_ran[request.param]


def assert_passed(ran: Project, tests: int) -> None:
    assert ran.outcomes == {"passed": tests}, "\n".join(ran.told)


@project(
    "empty",
    """
    import pytest
    from chatroutes import ChatRoutes
    from chatroutes_server import LocalServer

    @pytest.mark.parametrize("time", range(2))
    def test_only_what_it_made_is_there(chatroutes_server, chatroutes_client, time):
        assert isinstance(chatroutes_server, LocalServer)
        assert isinstance(chatroutes_client, ChatRoutes)
        made = chatroutes_client.conversations.create({"title": "T"})
        there = chatroutes_client.conversations.list()["data"]
        assert [each["id"] for each in there] == [made["id"]]
""",
)
def test_each_test_has_an_empty_server_of_its_own(ran: Project) -> None:
    assert_passed(ran, 2)


@project(
    "shared",
    """
    import pytest

    @pytest.mark.anyio
    async def test_both(chatroutes_client, async_chatroutes_client, anyio_backend):
        made = chatroutes_client.conversations.create({"title": "T"})
        read = await async_chatroutes_client.conversations.get(made["id"])
        assert read["title"] == "T"
""",
)
def test_the_clients_of_one_test_share_its_server(ran: Project) -> None:
    assert_passed(ran, 2)


EVENT_LOOP_FOR_ALL = """
import pytest

@pytest.fixture(scope="session", params=["asyncio", "trio"])
def anyio_backend(request):
    return request.param

@pytest.fixture(scope=SCOPE, autouse=True)
async def event_loop_for_all(anyio_backend):
    yield
"""
SENDING_AND_STREAMING = """
import gc
import pytest

pytestmark = pytest.mark.anyio

@pytest.mark.parametrize("time", range(2))
async def test_it_sends_and_streams(async_chatroutes_client, anyio_backend, time):
    client = async_chatroutes_client
    gc.collect()
    made = await client.conversations.create({"title": "T"})
    stream = client.messages.stream(made["id"], {"content": "Hello"})
    assert "Hello" in await stream.get_final_text()
    there = (await client.conversations.list())["data"]
    assert [each["id"] for each in there] == [made["id"]]

async def test_a_stream_may_be_left_open(async_chatroutes_client, anyio_backend):
    client = async_chatroutes_client
    made = await client.conversations.create({"title": "T"})
    stream = client.messages.stream(made["id"], {"content": "Hello"})
    await stream.__aenter__()

async def test_what_was_left_is_gone_without_a_warning():
    gc.collect()
"""


@project(
    "on_both_function",
    SENDING_AND_STREAMING,
    conftest=EVENT_LOOP_FOR_ALL.replace("SCOPE", "'function'"),
)
def test_the_async_client_runs_on_asyncio_and_trio(ran: Project) -> None:
    assert_passed(ran, 8)


@project(
    "on_both_session",
    SENDING_AND_STREAMING,
    conftest=EVENT_LOOP_FOR_ALL.replace("SCOPE", "'session'"),
)
def test_the_async_client_runs_in_an_event_loop_for_all(ran: Project) -> None:
    assert_passed(ran, 8)


MARKS = [
    "Fault('createConversation', status=503, times=2)",
    "'createConversation:status=503,times=2'",
    "'createConversation:status=503', Fault('*', status=500)",
]


@project("marked", *(RETRIED.replace("FAULT", each) for each in MARKS))
def test_a_marked_test_meets_its_faults_and_no_other_does(ran: Project) -> None:
    assert_passed(ran, 3 * len(MARKS))


@project(
    "before",
    """
    import pytest
    from chatroutes import ChatRoutesError

    @pytest.mark.chatroutes_faults("*:status=500")
    class TestAll:
        @pytest.mark.chatroutes_faults("*:status=503")
        def test_one(self, chatroutes_client):
            once = chatroutes_client.with_options(retry_attempts=0)
            found = []
            for _ in range(2):
                with pytest.raises(ChatRoutesError) as caught:
                    once.conversations.list()
                found.append(caught.value.status_code)
            assert found == [503, 500]
""",
)
def test_the_faults_of_a_test_go_before_those_of_its_class(ran: Project) -> None:
    assert_passed(ran, 1)


@project(
    "misspelt",
    """
    import pytest

    @pytest.mark.chatroutes_faults("sendMesage:status=503")
    def test_misspelt(chatroutes_server): ...
    """,
)
def test_a_fault_of_no_operation_is_said_without_a_traceback(ran: Project) -> None:
    assert ran.outcomes == {"error": 1}
    sentence = "a fault that cannot be: there is no operation 'sendMesage' to spoil"
    told = pytest.LineMatcher(ran.told)
    told.fnmatch_lines(["*ERROR at setup of test_misspelt*", sentence])
    told.no_fnmatch_line("*Error*plugin.py*")


@project("readme", *(block.code for block in EXAMPLES))
def test_the_examples_of_the_readme_pass_as_printed(ran: Project) -> None:
    assert EXAMPLES
    tests = sum(block.code.count("def test_") for block in EXAMPLES)
    marked_async = sum(block.code.count("pytest.mark.anyio") for block in EXAMPLES)
    assert_passed(ran, tests + marked_async)
