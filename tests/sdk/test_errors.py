"""Error classes: hierarchy, attributes, messages, pickling and copying."""

from __future__ import annotations

import copy
import inspect
import pickle

import pytest

import chatroutes
from chatroutes import (
    AuthenticationError,
    ChatRoutesError,
    NetworkError,
    NotFoundError,
    PermissionDeniedError,
    RateLimitError,
    RequestTimeoutError,
    ServerError,
    StreamInterruptedError,
    ValidationError,
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
    for error in [make_error(error_class), error_class("No."), error_class()]:
        unpickled = pickle.loads(pickle.dumps(error, protocol))

        assert type(unpickled) is error_class
        assert vars(unpickled) == vars(error)
        assert unpickled.args == error.args
        assert (str(unpickled), repr(unpickled)) == (str(error), repr(error))


@pytest.mark.parametrize("error_class", ERROR_CLASSES)
def test_errors_can_be_copied(error_class: type[ChatRoutesError]) -> None:
    for error in [make_error(error_class), error_class()]:
        for copied in [copy.copy(error), copy.deepcopy(error)]:
            assert type(copied) is error_class
            assert vars(copied) == vars(error)
            assert str(copied) == str(error)


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


# The constructors of releases 0.1 and 0.2, which programs call in their own tests.


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (ChatRoutesError("m"), ("m", 500, None)),
        (AuthenticationError(), ("Authentication failed", 401, "AUTHENTICATION_ERROR")),
        (PermissionDeniedError(), ("Permission denied", 403, "FORBIDDEN")),
        (NotFoundError(), ("Resource not found", 404, "NOT_FOUND")),
        (ValidationError(), ("Validation failed", 400, "VALIDATION_ERROR")),
        (RateLimitError(), ("Rate limit exceeded", 429, "RATE_LIMIT_EXCEEDED")),
        (ServerError(), ("Internal server error", 500, "SERVER_ERROR")),
        (NetworkError(), ("Network request failed", 0, "NETWORK_ERROR")),
        (StreamInterruptedError(), ("The stream was interrupted", 0, "NETWORK_ERROR")),
        (RequestTimeoutError(), ("The request timed out", 0, "NETWORK_ERROR")),
    ],
    ids=lambda each: type(each).__name__ if isinstance(each, ChatRoutesError) else "",
)
def test_errors_have_the_defaults_of_earlier_releases(
    error: ChatRoutesError, expected: tuple[str, int, str | None]
) -> None:
    assert (error.message, error.status_code, error.code) == expected
    assert str(error) == expected[0]
    assert error.args == (expected[0],)
    assert (error.details, error.request_id, error.retry_after) == (None, None, None)
    assert error.partial_content is None


@pytest.mark.parametrize("error_class", ERROR_CLASSES)
def test_every_error_has_a_default_message(error_class: type[ChatRoutesError]) -> None:
    error = error_class()

    assert error.message
    assert str(error) == error.message
    assert repr(error) == f"{error_class.__name__}({error.message!r})"
    assert str(error_class("Other.")) == "Other."


def test_positional_arguments_are_those_of_earlier_releases() -> None:
    base = ChatRoutesError("m", 404, "X", {"a": 1})
    assert (base.message, base.status_code, base.code, base.details) == ("m", 404, "X", {"a": 1})
    limited = RateLimitError("m", 5, {"a": 1})
    assert (limited.message, limited.retry_after, limited.details) == ("m", 5, {"a": 1})
    for error_class in (AuthenticationError, NotFoundError, ServerError, NetworkError):
        assert error_class("m", {"a": 1}).details == {"a": 1}


@pytest.mark.parametrize("error_class", ERROR_CLASSES)
def test_given_values_replace_the_defaults(error_class: type[ChatRoutesError]) -> None:
    error = error_class("m", status_code=None, code=None)
    assert (error.status_code, error.code) == (None, None)
    error = error_class("m", status_code=418, code="TEAPOT")
    assert (error.status_code, error.code, str(error)) == (418, "TEAPOT", "418 TEAPOT: m")


def test_error_for_an_argument_has_neither_a_status_nor_a_code() -> None:
    with pytest.raises(ValidationError) as caught:
        chatroutes.ChatRoutes("")
    assert (caught.value.status_code, caught.value.code) == (None, None)
