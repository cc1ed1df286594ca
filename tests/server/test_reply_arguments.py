"""The arguments of LocalServer(replies=...) and of Reply that are rejected."""

from __future__ import annotations

import re
from typing import Any

import pytest

from chatroutes_server import LocalServer, Reply, StartupError


def generator(request: Any) -> Any:
    yield "x"


async def async_generator(request: Any) -> Any:
    yield "x"


def no_argument() -> str:
    return "x"


@pytest.mark.parametrize(
    ("replies", "message"),
    [
        ([], "replies is empty: leave it out to use the built-in model"),
        ({}, "replies is empty: leave it out to use the built-in model"),
        ({"gpt-5": []}, "replies['gpt-5'] is empty: leave it out to use the built-in model"),
        (42, "replies: expected a str, a Reply, a list of them or a function, not int 42"),
        (b"x", "replies: expected a str, a Reply, a list of them or a function, not bytes b'x'"),
        ({"x"}, "replies: expected a str, a Reply, a list of them or a function, not set {'x'}"),
        (["x", None], "replies[1]: expected a str or a Reply, not None"),
        ([["x"]], "replies[0]: expected a str or a Reply, not list ['x']; pass JSON as text, with json.dumps"),
        (
            [{"a": 1}],
            "replies[0]: expected a str or a Reply, not dict {'a': 1}; pass JSON as text, with json.dumps",
        ),
        ({"gpt-5": ["x", 1]}, "replies['gpt-5'][1]: expected a str or a Reply, not int 1"),
        (
            {"gpt-5": None},
            "replies['gpt-5']: expected a str, a Reply, a list of them or a function, not None",
        ),
        ({5: "x"}, "replies: invalid key 5, expected the name of a model, or a pattern of re.compile"),
        ({"": "x"}, "replies: invalid key '', expected the name of a model, or a pattern of re.compile"),
        (
            {"weather.*": "x"},
            "replies: 'weather.*' is not the name of a model; for a pattern, use re.compile('weather.*')",
        ),
        ({re.compile("x"): "x", "gpt-5": "x"}, "replies: the keys must be all model names, or all patterns of str"),
        ({re.compile(b"x"): "x"}, "replies: the keys must be all model names, or all patterns of str"),
        (["x", "\ud800"], "replies[1]: invalid text of a Reply: it has a surrogate"),
        (no_argument, "replies: the function no_argument must accept one argument, the request"),
        (
            generator,
            "replies: generator is a generator function; use a function that returns one reply, or the list "
            "of its replies",
        ),
        (
            async_generator,
            "replies: async_generator is a generator function; use a function that returns one reply, or the "
            "list of its replies",
        ),
    ],
)  # fmt: skip
def test_invalid_replies_raise_at_once(replies: Any, message: str) -> None:
    with pytest.raises(ValueError, match=re.escape(message)):
        LocalServer(replies=replies)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"text": None}, "invalid text of a Reply: expected a str, not None"),
        ({"text": {"a": 1}}, "invalid text of a Reply: expected a str, not {'a': 1}"),
        (
            {"text": "\ud800"},
            "invalid text of a Reply: it has a surrogate, which UTF-8 cannot encode",
        ),
        ({"finish_reason": None}, "invalid finish_reason of a Reply: expected a str, not None"),
        ({"finish_reason": ""}, "invalid finish_reason of a Reply: it is empty"),
        ({"prompt_tokens": 1}, "prompt_tokens and completion_tokens of a Reply belong together"),
        (
            {"prompt_tokens": -1, "completion_tokens": 1},
            "invalid prompt_tokens -1 of a Reply: expected 0 or more",
        ),
        ({"word_delay": -1}, "invalid word_delay -1 of a Reply: expected 0 or more seconds"),
        ({"whole": "no"}, "invalid whole 'no' of a Reply: expected True or False"),
        ({"word_delay": "1"}, "invalid word_delay '1' of a Reply: expected 0 or more seconds"),
        ({"status": 200}, "invalid status 200 of a Reply: expected 400 to 599"),
        ({"status": "503"}, "invalid status '503' of a Reply: expected 400 to 599"),
        ({"code": "X"}, "code of a Reply requires status"),
        ({"message": "X"}, "message of a Reply requires status"),
        ({"retry_after": 1}, "retry_after of a Reply requires status"),
        (
            {"status": 503, "retry_after": 0.5},
            "invalid retry_after 0.5 of a Reply: expected 0 or more",
        ),
    ],
)
def test_invalid_reply_raises(arguments: Any, message: str) -> None:
    with pytest.raises(ValueError, match=re.escape(message)):
        Reply(**arguments)


def test_upstream_with_the_name_of_a_model_of_replies_raises() -> None:
    server = LocalServer(upstreams=["llama=http://localhost:1"], replies={"llama": "x"})
    with pytest.raises(StartupError, match="llama is an upstream, and a model of replies"):
        server.start()
