"""The filter that leaves repeated errors out of the log."""

from __future__ import annotations

import logging

from chatroutes_server.log_filter import MAX_TRACEBACKS, RepeatedErrorFilter


class Log(logging.Handler):
    """A log with a clock that tests set."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 0.0
        self.lines: list[str] = []
        self.addFilter(RepeatedErrorFilter(lambda: self.now))
        self.logger = logging.Logger("test")
        self.logger.addHandler(self)

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(record.getMessage() + (" + traceback" if record.exc_info else ""))

    def log_errors(self, start: int, *errors: Exception) -> None:
        for number, error in enumerate(errors, start):
            self.logger.error("request %d failed", number, exc_info=error)


def test_one_error_of_a_kind_passes_per_second() -> None:
    log = Log()

    log.log_errors(1, OSError(), OSError(), ValueError(), OSError())
    log.now = 0.9
    log.log_errors(5, OSError())
    log.now = 1.0
    log.log_errors(6, OSError(), ValueError())
    log.now = 2.0
    log.log_errors(8, OSError())

    assert log.lines == [
        "request 1 failed + traceback",
        "request 3 failed + traceback",
        "request 6 failed: OSError (3 similar errors left out before)",
        "request 7 failed: ValueError",
        "request 8 failed: OSError",
    ]


def test_traceback_of_each_error_is_logged_once() -> None:
    log = Log()

    for each in ("disk is full\nmore", "disk is full", "100% broken", "disk is full"):
        log.log_errors(1, OSError(each))
        log.now += 1

    assert log.lines == [
        "request 1 failed + traceback",
        "request 1 failed: OSError: disk is full",
        "request 1 failed + traceback",
        "request 1 failed: OSError: disk is full",
    ]


def test_a_limited_number_of_tracebacks_is_logged() -> None:
    log = Log()

    for number in range(MAX_TRACEBACKS + 2):
        log.log_errors(1, OSError(f"error {number}"))
        log.now += 1

    *_, last_traceback, line, _ = log.lines
    assert last_traceback == "request 1 failed + traceback"
    assert line == f"request 1 failed: OSError: error {MAX_TRACEBACKS}"


def test_errors_of_other_code_and_warnings_pass() -> None:
    log = Log()

    log.logger.error("first")
    log.logger.error("second")
    for _ in range(2):
        log.logger.warning("warning")

    assert log.lines == ["first", "second", "warning", "warning"]
