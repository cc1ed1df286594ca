"""What the pytest plugin says before a test runs, what it loads, and what it says where a package is missing."""

from __future__ import annotations

import sys

import pytest

from tests.support.imported_modules import imported_modules
from tests.support.plugin_environment import STRICT_OPTIONS
from tests.support.plugin_environment import developer_environment as developer_environment


def run(pytester: pytest.Pytester, code: str, *options: str) -> pytest.RunResult:
    pytester.makepyfile(code)
    return pytester.runpytest_subprocess(*STRICT_OPTIONS, *options)


def run_without_server(pytester: pytest.Pytester, code: str, *options: str) -> pytest.RunResult:
    """The same in this process: quicker, but what it imports it imports a second time."""
    pytester.makepyfile(code)
    return pytester.runpytest_inprocess(*STRICT_OPTIONS, *options)


def assert_refused(result: pytest.RunResult, sentence: str) -> None:
    """It is one line, before any test ran, and not a traceback."""
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert [line for line in result.errlines if line] == [f"ERROR: {sentence}"]


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        (
            "'sendMessage:sttus=503'",
            "there is no 'sttus' in a fault, only times, status, stall, cut_after, delay, "
            "malformed, retry_after",
        ),
        ("'sendMessage:status=200'", "status must be from 400 to 599, and not 200"),
        ("503", "503 is neither a Fault nor the text of one"),
        ("", "it takes one fault or more, and nothing by keyword"),
        ("'*:stall', times=2", "it takes one fault or more, and nothing by keyword"),
    ],
)
def test_a_marker_that_names_no_fault_is_a_usage_error(
    pytester: pytest.Pytester, given: str, sentence: str
) -> None:
    code = f"""
        import pytest

        @pytest.mark.chatroutes_faults({given})
        def test_it(chatroutes_server): ...
    """
    name = "test_a_marker_that_names_no_fault_is_a_usage_error.py::test_it"
    assert_refused(run_without_server(pytester, code), f"{name}: chatroutes_faults: {sentence}")


def test_a_wrong_marker_of_a_test_that_is_not_selected_is_let_be(
    pytester: pytest.Pytester,
) -> None:
    code = """
        import pytest

        @pytest.mark.chatroutes_faults()
        def test_wrong(): ...

        def test_right(): ...
    """
    run_without_server(pytester, code, "-k", "right").assert_outcomes(passed=1, deselected=1)


def test_the_fixtures_and_the_marker_explain_themselves(pytester: pytest.Pytester) -> None:
    fixtures = pytester.runpytest_inprocess(*STRICT_OPTIONS, "--fixtures").stdout
    for name in ("chatroutes_server", "chatroutes_client", "async_chatroutes_client"):
        fixtures.fnmatch_lines([f"{name} -- *", "    A* of *"])
    pytester.runpytest_inprocess(*STRICT_OPTIONS, "--markers").stdout.fnmatch_lines(
        ["@pytest.mark.chatroutes_faults(*"]
    )


def test_it_can_be_left_out(pytester: pytest.Pytester) -> None:
    code = "def test_it(chatroutes_server): ..."
    result = run_without_server(pytester, code, "-p", "no:chatroutes")
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*fixture 'chatroutes_server' not found"])


def test_importing_it_brings_pytest_alone_along() -> None:
    unwanted = (
        "httpx attrs starlette uvicorn sqlalchemy yaml trio chatroutes chatroutes_wire "
        "chatroutes_server"
    )
    loaded = imported_modules("import chatroutes_testing.plugin")
    assert loaded & set(unwanted.split()) == set()


def test_a_project_that_uses_nothing_of_it_loads_nothing(pytester: pytest.Pytester) -> None:
    code = """
        import sys

        def test_it():
            assert not {"chatroutes", "chatroutes_server", "starlette"} & set(sys.modules)
    """
    # The plugins of others import what they want.
    options = ("-p", "no:pytest_httpx", "-p", "no:schemathesis")
    run(pytester, code, *options).assert_outcomes(passed=1)


@pytest.mark.parametrize("missing", ["starlette"])
def test_without_the_extra_the_fixtures_say_what_to_install(
    pytester: pytest.Pytester, missing: str
) -> None:
    pytester.makepyfile("""
        def test_client(chatroutes_client): ...

        def test_without(): ...
    """)
    code = (
        "import sys\n"
        f"sys.modules[{missing!r}] = None\n"
        "import pytest\n"
        "sys.exit(pytest.main(sys.argv[1:]))"
    )
    # Plugins of others stand on the same packages.
    options = ("-p", "no:schemathesis")
    result = pytester.run(sys.executable, "-c", code, *STRICT_OPTIONS, *options)
    result.assert_outcomes(passed=1, errors=1)
    result.stdout.fnmatch_lines(
        [
            "*ERROR at setup of test_client*",
            "the fixtures of ChatRoutes need more packages: "
            'pip install "chatroutes[[]testing]" installs them',
        ]
    )
    result.stdout.no_fnmatch_line("*Traceback*")
