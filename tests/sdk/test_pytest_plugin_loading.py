"""The pytest plugin: errors before a test runs, imports, and a missing extra."""

from __future__ import annotations

import sys

import pytest

from tests.support.contract import ALL_OPERATIONS
from tests.support.imported_modules import imported_modules
from tests.support.plugin_environment import STRICT_OPTIONS
from tests.support.plugin_environment import developer_environment as developer_environment


def run_pytest(pytester: pytest.Pytester, code: str, *options: str) -> pytest.RunResult:
    pytester.makepyfile(code)
    return pytester.runpytest_subprocess(*STRICT_OPTIONS, *options)


def run_pytest_in_process(pytester: pytest.Pytester, code: str, *options: str) -> pytest.RunResult:
    """Run pytest in this process, which is faster but imports modules a second time."""
    pytester.makepyfile(code)
    return pytester.runpytest_inprocess(*STRICT_OPTIONS, *options)


OPERATIONS = ", ".join(sorted(each.fields["operationId"] for each in ALL_OPERATIONS))


def assert_usage_error(result: pytest.RunResult, message: str) -> None:
    """Assert that pytest reports one line, without a traceback, before any test runs."""
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert [line for line in result.errlines if line] == [f"ERROR: {message}"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            "'sendMessage:sttus=503'",
            "unknown option 'sttus': expected one of times, status, stall, cut_after, delay, "
            "malformed, retry_after",
        ),
        ("'sendMessage:status=200'", "invalid status 200: expected 400 to 599"),
        (
            "'sendMesage:stall'",
            f"unknown operation 'sendMesage': expected * or one of {OPERATIONS}",
        ),
        ("503", "503 is not a Fault or a string"),
        ("", "expected one or more faults, and no keyword arguments"),
        ("'*:stall', times=2", "expected one or more faults, and no keyword arguments"),
    ],
)
def test_invalid_marker_is_a_usage_error(
    pytester: pytest.Pytester, arguments: str, message: str
) -> None:
    code = f"""
        import pytest

        @pytest.mark.chatroutes_faults({arguments})
        def test_it(chatroutes_server): ...
    """
    name = "test_invalid_marker_is_a_usage_error.py::test_it"
    assert_usage_error(
        run_pytest_in_process(pytester, code), f"{name}: chatroutes_faults: {message}"
    )


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ("", "expected one argument, such as a list of replies"),
        ("'one', 'two'", "expected one argument, such as a list of replies"),
        ("['one'], times=2", "expected one argument, such as a list of replies"),
        ("[]", "replies is empty: leave it out to use the built-in model"),
        ("[{'a': 1}]", "replies[0]: expected a str or a Reply, not dict {'a': 1}; pass JSON as text, with json.dumps"),
    ],
)  # fmt: skip
def test_invalid_replies_are_a_usage_error(
    pytester: pytest.Pytester, arguments: str, message: str
) -> None:
    code = f"""
        import pytest

        @pytest.mark.chatroutes_replies({arguments})
        def test_it(chatroutes_server): ...
    """
    name = "test_invalid_replies_are_a_usage_error.py::test_it"
    assert_usage_error(
        run_pytest_in_process(pytester, code), f"{name}: chatroutes_replies: {message}"
    )


def test_invalid_marker_of_a_deselected_test_is_ignored(
    pytester: pytest.Pytester,
) -> None:
    code = """
        import pytest

        @pytest.mark.chatroutes_faults()
        def test_wrong(): ...

        def test_right(): ...
    """
    run_pytest_in_process(pytester, code, "-k", "right").assert_outcomes(passed=1, deselected=1)


def test_fixtures_and_marker_are_documented(pytester: pytest.Pytester) -> None:
    fixtures = pytester.runpytest_inprocess(*STRICT_OPTIONS, "--fixtures").stdout
    for name in ("chatroutes_server", "chatroutes_client", "async_chatroutes_client"):
        fixtures.fnmatch_lines([f"{name} -- *", "    A* of *"])
    pytester.runpytest_inprocess(*STRICT_OPTIONS, "--markers").stdout.fnmatch_lines(
        ["@pytest.mark.chatroutes_faults(*"]
    )


def test_plugin_can_be_disabled(pytester: pytest.Pytester) -> None:
    code = "def test_it(chatroutes_server): ..."
    result = run_pytest_in_process(pytester, code, "-p", "no:chatroutes")
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*fixture 'chatroutes_server' not found"])


def test_plugin_imports_only_pytest() -> None:
    excluded = (
        "httpx attrs starlette uvicorn sqlalchemy yaml trio chatroutes chatroutes_wire "
        "chatroutes_server"
    )
    modules = imported_modules("import chatroutes_testing.plugin")
    assert modules & set(excluded.split()) == set()


def test_unused_plugin_does_not_import_the_sdk(pytester: pytest.Pytester) -> None:
    code = """
        import sys

        def test_it():
            assert not {"chatroutes", "chatroutes_server", "starlette"} & set(sys.modules)
    """
    # Other plugins can import these packages.
    options = ("-p", "no:pytest_httpx", "-p", "no:schemathesis")
    run_pytest(pytester, code, *options).assert_outcomes(passed=1)


@pytest.mark.parametrize("missing", ["starlette"])
def test_fixtures_name_the_missing_extra(pytester: pytest.Pytester, missing: str) -> None:
    pytester.makepyfile("""
        def test_client(chatroutes_client): ...

        def test_without(): ...
    """)
    # An import fails as if the package were not installed. None in sys.modules does not do: formatting the
    # traceback of such an error fails on Python 3.15.
    code = (
        "import sys\n"
        "class Missing:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        f"        if name == {missing!r}:\n"
        "            raise ModuleNotFoundError(f'No module named {name!r}', name=name)\n"
        "sys.meta_path.insert(0, Missing())\n"
        "import pytest\n"
        "sys.exit(pytest.main(sys.argv[1:]))"
    )
    # Other plugins need the missing package.
    options = ("-p", "no:schemathesis")
    result = pytester.run(sys.executable, "-c", code, *STRICT_OPTIONS, *options)
    result.assert_outcomes(passed=1, errors=1)
    result.stdout.fnmatch_lines(
        [
            "*ERROR at setup of test_client*",
            "the fixtures of ChatRoutes need more packages: "
            'install them with pip install "chatroutes[[]testing]"',
        ]
    )
    result.stdout.no_fnmatch_line("*Traceback*")
