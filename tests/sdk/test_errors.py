"""Error classes: hierarchy, attributes, messages, pickling and copying."""

from __future__ import annotations

import copy
import inspect
import pickle

import pytest

import chatroutes
from chatroutes import (
    ChatRoutesError,
    NetworkError,
    NotFoundError,
    StreamInterruptedError,
    errors,
)

ERROR_CLASSES = [
    each
    for _, each in inspect.getmembers(errors, inspect.isclass)
    if issubclass(each, ChatRoutesError)
]


def test_errors_have_one_base_class() -> None:
    assert {
        error_class.__name__: error_class.__mro__[1].__name__ for error_class in ERROR_CLASSES
    } == {
        "ChatRoutesError": "Exception",
        "AuthenticationError": "ChatRoutesError",
        "PermissionDeniedError": "ChatRoutesError",
        "NotFoundError": "ChatRoutesError",
        "ConflictError": "ChatRoutesError",
        "ValidationError": "ChatRoutesError",
        "RateLimitError": "ChatRoutesError",
        "ServerError": "ChatRoutesError",
        "ResponseError": "ChatRoutesError",
        "NetworkError": "ChatRoutesError",
        "RequestTimeoutError": "NetworkError",
        "StreamInterruptedError": "NetworkError",
    }
    assert all(
        getattr(chatroutes, error_class.__name__) is error_class for error_class in ERROR_CLASSES
    )


def make_error(error_class: type[ChatRoutesError]) -> ChatRoutesError:
    return error_class(
        "No.",
        status_code=404,
        code="NOT_FOUND",
        details={"a": [1]},
        request_id="req_1",
        retry_after=1.5,
        partial_content="Hel",
        asked="getConversation (GET /conversations/c)",
    )


@pytest.mark.parametrize("error_class", ERROR_CLASSES)
@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_errors_can_be_pickled(error_class: type[ChatRoutesError], protocol: int) -> None:
    for error in [make_error(error_class), error_class("No.")]:
        unpickled = pickle.loads(pickle.dumps(error, protocol))

        assert type(unpickled) is error_class
        assert vars(unpickled) == vars(error)
        assert unpickled.args == error.args
        assert (str(unpickled), repr(unpickled)) == (str(error), repr(error))


@pytest.mark.parametrize("error_class", ERROR_CLASSES)
def test_errors_can_be_copied(error_class: type[ChatRoutesError]) -> None:
    error = make_error(error_class)

    assert vars(copy.copy(error)) == vars(copy.deepcopy(error)) == vars(error)


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (ChatRoutesError("No."), "No."),
        (NetworkError("Lost.", status_code=0), "Lost."),
        (NotFoundError("No.", status_code=404), "404: No."),
        (NotFoundError("No.", status_code=404, code="NOT_FOUND"), "404 NOT_FOUND: No."),
        (NetworkError("Lost.", status_code=0, asked="list (GET /c)"), "list (GET /c): Lost."),
        (
            make_error(NotFoundError),
            "getConversation (GET /conversations/c): 404 NOT_FOUND: No. (request req_1)",
        ),
    ],
)
def test_str_of_an_error_names_the_request_and_the_response(
    error: ChatRoutesError, expected: str
) -> None:
    assert str(error) == expected
    assert repr(error) == f"{type(error).__name__}({expected!r})"


def test_errors_need_only_a_message() -> None:
    error = StreamInterruptedError("Interrupted.")

    assert error.message == "Interrupted."
    assert (error.status_code, error.code, error.details) == (None, None, None)
    assert (error.request_id, error.retry_after, error.partial_content) == (None, None, None)
