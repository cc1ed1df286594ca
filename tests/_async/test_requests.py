"""What goes out: paths, queries, bodies and headers."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any
from urllib.parse import quote

import pytest

from chatroutes import AsyncChatRoutes, NotFoundError, ValidationError, __version__
from tests.faults import FaultServer, json_answer

from .samples import (
    CHECKPOINT,
    HELLO,
    KEY,
    OPERATION_NAMES,
    OPERATIONS,
    PAGE,
    SUGGESTIONS,
    WHOLE,
    Operation,
    client_of,
    success,
)

Call = Callable[[AsyncChatRoutes, Any], Any]

NOT_FOUND = json_answer(404, {"success": False, "error": "NOT_FOUND", "message": "No."})

# Every place of a path that an id goes into.
ID_PLACES: list[tuple[str, Call]] = [
    ("/conversations/{}", lambda client, an_id: client.conversations.get(an_id)),
    ("/conversations/{}", lambda client, an_id: client.conversations.update(an_id, {})),
    ("/conversations/{}", lambda client, an_id: client.conversations.delete(an_id)),
    ("/conversations/{}/tree", lambda client, an_id: client.conversations.get_tree(an_id)),
    ("/conversations/{}/messages", lambda client, an_id: client.messages.send(an_id, HELLO)),
    (
        "/conversations/{}/messages/stream",
        lambda client, an_id: client.messages.stream(an_id, HELLO).get_final_text(),
    ),
    (
        "/conversations/{}/messages/stream",
        lambda client, an_id: client.messages.stream(an_id, HELLO, print),
    ),
    ("/conversations/{}/messages", lambda client, an_id: client.messages.list(an_id)),
    ("/messages/{}", lambda client, an_id: client.messages.update(an_id, "Hi")),
    ("/messages/{}", lambda client, an_id: client.messages.delete(an_id)),
    ("/conversations/{}/branches", lambda client, an_id: client.branches.list(an_id)),
    (
        "/conversations/{}/branches",
        lambda client, an_id: client.branches.create(an_id, {"title": "B"}),
    ),
    (
        "/conversations/{}/fork",
        lambda client, an_id: client.branches.fork(
            an_id, {"forkPointMessageId": "m", "title": "B"}
        ),
    ),
    ("/conversations/{}/branches/b", lambda client, an_id: client.branches.update(an_id, "b", {})),
    ("/conversations/c/branches/{}", lambda client, an_id: client.branches.update("c", an_id, {})),
    ("/conversations/{}/branches/b", lambda client, an_id: client.branches.delete(an_id, "b")),
    ("/conversations/c/branches/{}", lambda client, an_id: client.branches.delete("c", an_id)),
    (
        "/conversations/{}/branches/b/messages",
        lambda client, an_id: client.branches.get_messages(an_id, "b"),
    ),
    (
        "/conversations/c/branches/{}/messages",
        lambda client, an_id: client.branches.get_messages("c", an_id),
    ),
    (
        "/conversations/{}/branches/b/messages",
        lambda client, an_id: client.branches.send_message(an_id, "b", HELLO),
    ),
    (
        "/conversations/c/branches/{}/messages",
        lambda client, an_id: client.branches.send_message("c", an_id, HELLO),
    ),
    ("/conversations/{}/branches/b/merge", lambda client, an_id: client.branches.merge(an_id, "b")),
    ("/conversations/c/branches/{}/merge", lambda client, an_id: client.branches.merge("c", an_id)),
    ("/conversations/{}/checkpoints", lambda client, an_id: client.checkpoints.list(an_id)),
    (
        "/conversations/{}/checkpoints",
        lambda client, an_id: client.checkpoints.create(an_id, "b", "m"),
    ),
    ("/checkpoints/{}", lambda client, an_id: client.checkpoints.delete(an_id)),
    ("/checkpoints/{}/recreate", lambda client, an_id: client.checkpoints.recreate(an_id)),
]

# Every id that goes elsewhere than into a path.
IDS_ELSEWHERE: list[Call] = [
    lambda client, an_id: client.messages.list("c", an_id),
    lambda client, an_id: client.messages.send("c", {"content": "Hi", "branchId": an_id}),
    lambda client, an_id: client.messages.stream("c", {"content": "Hi", "branchId": an_id}),
    lambda client, an_id: client.branches.send_message(
        "c", "b", {"content": "Hi", "branchId": an_id}
    ),
    lambda client, an_id: client.branches.create("c", {"title": "B", "baseNodeId": an_id}),
    lambda client, an_id: client.branches.fork("c", {"title": "B", "forkPointMessageId": an_id}),
    lambda client, an_id: client.checkpoints.list("c", an_id),
    lambda client, an_id: client.checkpoints.create("c", an_id, "m"),
    lambda client, an_id: client.checkpoints.create("c", "b", an_id),
]

# Every method that takes data of the user's own making.
TAKES_DATA: list[Call] = [
    lambda client, data: client.conversations.create(data),
    lambda client, data: client.conversations.update("c", data),
    lambda client, data: client.messages.send("c", data),
    lambda client, data: client.messages.stream("c", data),
    lambda client, data: client.messages.stream("c", data, print),
    lambda client, data: client.branches.create("c", data),
    lambda client, data: client.branches.fork("c", data),
    lambda client, data: client.branches.update("c", "b", data),
    lambda client, data: client.branches.send_message("c", "b", data),
]


@pytest.mark.parametrize("operation", OPERATIONS, ids=OPERATION_NAMES)
async def test_an_operation_sends_what_the_contract_says_and_reads_the_answer(
    faults: FaultServer, operation: Operation
) -> None:
    faults.script(success(operation.data))

    async with client_of(faults) as client:
        result = await operation.call(client)

    (request,) = faults.requests
    assert (request.method, request.target) == (operation.method, f"/api/v1{operation.path}")
    assert (request.json() if request.body else None) == operation.body
    if operation.data is None:
        assert result is None
    elif operation.name == "conversations.list":
        assert result["data"] == PAGE["conversations"]
    elif len(operation.data) == 1:
        assert result == next(iter(operation.data.values()))
    else:
        assert result.items() >= operation.data.items()


async def test_stream_sends_what_the_contract_says(faults: FaultServer) -> None:
    faults.script(WHOLE)

    async with client_of(faults) as client:
        await client.messages.stream("conv_1", HELLO).get_final_text()

    (request,) = faults.requests
    assert (request.method, request.target) == (
        "POST",
        "/api/v1/conversations/conv_1/messages/stream",
    )
    assert request.json() == HELLO
    assert request.headers["accept"] == "text/event-stream"
    assert len(request.headers["idempotency-key"]) >= 16


async def test_suggest_branches_sends_the_language_model_when_given(faults: FaultServer) -> None:
    faults.script(success(SUGGESTIONS))

    async with client_of(faults) as client:
        await client.autobranch.suggest_branches(
            "Either or", llm_model="gpt-5", llm_provider="openai", llm_api_key="sk-1"
        )

    sent = faults.requests[0].json()
    assert (sent["llmModel"], sent["llmProvider"], sent["llmApiKey"]) == ("gpt-5", "openai", "sk-1")


async def test_checkpoints_in_camel_case_get_the_documented_names_too(faults: FaultServer) -> None:
    camel = {
        "id": "cp_1",
        "summary": "They said hello.",
        "conversationId": "conv_1",
        "branchId": "br_1",
        "anchorMessageId": "msg_1",
        "tokenCount": 4,
        "createdAt": "2025-10-05T03:01:09.598Z",
    }
    faults.script(
        success({"checkpoints": [camel]}),
        success({"checkpoint": camel}),
        success({"checkpoint": camel}),
    )

    async with client_of(faults) as client:
        results = [
            *await client.checkpoints.list("conv_1"),
            await client.checkpoints.create("conv_1", "br_1", "msg_1"),
            await client.checkpoints.recreate("cp_1"),
        ]

    assert results == [{**camel, **CHECKPOINT}] * 3


@pytest.mark.parametrize(("path", "call"), ID_PLACES)
async def test_an_id_stays_in_its_place_in_the_path(
    faults: FaultServer, path: str, call: Call
) -> None:
    ids = ["a/../b?x=1", "é", "%2F", "a\nb", "#", "//evil", "a b", "...", "a;b=1", "\x00", "a\\b"]
    faults.script(NOT_FOUND, repeat_last=True)

    async with client_of(faults) as client:
        for an_id in ids:
            with pytest.raises(NotFoundError):
                await call(client, an_id)

    assert [request.target for request in faults.requests] == [
        f"/api/v1{path.format(quote(an_id, safe=''))}" for an_id in ids
    ]


@pytest.mark.parametrize("call", [call for _, call in ID_PLACES])
async def test_what_can_be_no_id_is_refused_before_anything_is_sent(
    faults: FaultServer, call: Call
) -> None:
    async with client_of(faults) as client:
        for an_id in ["", " ", "\n", ".", "..", "\ud800", None, 5, b"a", ["a"]]:
            with pytest.raises(ValidationError, match=r"Nothing was sent: .*_id") as caught:
                await call(client, an_id)
            assert caught.value.status_code is None

    assert faults.requests == []


@pytest.mark.parametrize("call", IDS_ELSEWHERE)
async def test_an_empty_id_outside_the_path_is_refused_too(faults: FaultServer, call: Call) -> None:
    async with client_of(faults) as client:
        with pytest.raises(ValidationError, match="must not be empty"):
            await call(client, "")

    assert faults.requests == []


@pytest.mark.parametrize("call", IDS_ELSEWHERE)
async def test_half_a_character_in_an_id_outside_the_path_is_refused(
    faults: FaultServer, call: Call
) -> None:
    async with client_of(faults) as client:
        with pytest.raises(ValidationError):
            await call(client, "\ud800")

    assert faults.requests == []


@pytest.mark.parametrize("call", TAKES_DATA)
async def test_data_that_is_no_dict_is_refused(faults: FaultServer, call: Call) -> None:
    async with client_of(faults) as client:
        for data in [None, "title", ["title"], 5, {"title"}]:
            with pytest.raises(ValidationError, match="takes its data as a dict"):
                await call(client, data)

    assert faults.requests == []


@pytest.mark.parametrize("call", TAKES_DATA)
async def test_data_that_json_cannot_hold_is_refused(faults: FaultServer, call: Call) -> None:
    cyclic: dict[str, Any] = {}
    cyclic["content"] = cyclic
    deep: list[Any] = []
    for _ in range(100_000):
        deep = [deep]
    unfit: list[object] = [
        datetime(2025, 1, 1),
        float("nan"),
        float("-inf"),
        {1},
        b"x",
        "\ud800",
        deep,
    ]

    async with client_of(faults) as client:
        for data in [*({"content": each} for each in unfit), cyclic, {(1, 2): "x"}]:
            with pytest.raises(ValidationError, match="cannot be written as JSON"):
                await call(client, data)

    assert faults.requests == []


@pytest.mark.parametrize("params", ["page", 5, ["page"], {"page": []}, {"filter": ""}])
async def test_params_that_are_none_are_refused(faults: FaultServer, params: Any) -> None:
    async with client_of(faults) as client:
        with pytest.raises(ValidationError):
            await client.conversations.list(params)
        with pytest.raises(ValidationError):
            await anext(client.conversations.iterate(params))

    assert faults.requests == []


async def test_params_that_are_null_are_left_out(faults: FaultServer) -> None:
    faults.script(success(PAGE), success({"messages": []}), success({}))

    async with client_of(faults) as client:
        await client.conversations.list({"page": None, "limit": 5, "filter": None})
        await client.messages.list("c", None)
        await client.request("GET", "/things", params={"a": None, "b": "x"})

    assert [request.target for request in faults.requests] == [
        "/api/v1/conversations?limit=5",
        "/api/v1/conversations/c/messages",
        "/api/v1/things?b=x",
    ]


async def test_iterate_refuses_a_page_that_has_no_next_number(faults: FaultServer) -> None:
    async with client_of(faults) as client:
        for page in ["2", 1.5]:
            with pytest.raises(ValidationError, match="page must be a whole number"):
                await anext(client.conversations.iterate({"page": page}))

    assert faults.requests == []


async def test_iterate_ends_at_an_empty_page_that_promises_more(faults: FaultServer) -> None:
    faults.script(success({**PAGE, "conversations": [], "hasNext": True}))

    async with client_of(faults) as client:
        assert [each async for each in client.conversations.iterate()] == []

    assert len(faults.requests) == 1


async def test_iterate_goes_on_at_the_page_that_failed(faults: FaultServer) -> None:
    more = {**PAGE, "hasNext": True}
    faults.script(success(more), NOT_FOUND, success(PAGE))

    async with client_of(faults) as client:
        conversations = client.conversations.iterate()
        await anext(conversations)
        with pytest.raises(NotFoundError):
            await anext(conversations)
        await anext(conversations)

    assert [request.target[-6:] for request in faults.requests] == ["page=1", "page=2", "page=2"]


async def test_the_headers_say_who_asks_and_nothing_of_the_machine(faults: FaultServer) -> None:
    faults.script(*[success(operation.data) for operation in OPERATIONS])

    async with client_of(faults) as client:
        for operation in OPERATIONS:
            await operation.call(client)

    for request in faults.requests:
        headers = request.headers
        assert headers["authorization"] == f"ApiKey {KEY}"
        assert headers["user-agent"] == f"chatroutes-python/{__version__}"
        assert headers["accept"] == "application/json"
        assert headers.get("content-type") == ("application/json" if request.body else None)
        assert ("idempotency-key" in headers) == (request.method == "POST")
        assert headers.keys() <= {
            "host",
            "accept",
            "accept-encoding",
            "connection",
            "user-agent",
            "authorization",
            "content-length",
            "content-type",
            "idempotency-key",
        }


async def test_two_calls_have_two_idempotency_keys(faults: FaultServer) -> None:
    faults.script(*[success(operation.data) for operation in OPERATIONS] * 2)

    async with client_of(faults) as client:
        for operation in OPERATIONS * 2:
            await operation.call(client)

    posts = [request for request in faults.requests if request.method == "POST"]
    assert len({request.headers["idempotency-key"] for request in posts}) == len(posts) > 10


async def test_headers_of_ones_own_win_over_those_of_the_sdk(faults: FaultServer) -> None:
    faults.script(success(OPERATIONS[0].data), repeat_last=True)

    async with client_of(faults, headers={"X-Team": "a", "user-agent": "mine"}) as client:
        view = client.with_options(headers={"idempotency-key": "k1", "X-More": "b"})
        await view.conversations.create({"title": "T"})
        await client.conversations.create({"title": "T"})

    first, second = [request.headers for request in faults.requests]
    assert (first["x-team"], first["x-more"], first["user-agent"]) == ("a", "b", "mine")
    assert first["idempotency-key"] == "k1"
    assert (second["x-team"], second["idempotency-key"] != "k1") == ("a", True)
    assert "x-more" not in second


async def test_a_slash_at_the_end_of_the_base_url_is_no_second_one(faults: FaultServer) -> None:
    faults.script(success(PAGE))

    async with AsyncChatRoutes(KEY, f"{faults.base_url}/") as client:
        await client.conversations.list()

    assert faults.requests[0].target == "/api/v1/conversations"


async def test_request_is_the_way_out(faults: FaultServer) -> None:
    faults.script(json_answer(200, {"a": 1}), json_answer(201, [2]), NOT_FOUND)

    async with client_of(faults) as client:
        got = await client.request("get", "/things", params={"q": "ä b"})
        posted = await client.request("POST", "/things", json={"b": "ü"})
        with pytest.raises(NotFoundError, match="GET /none"):
            await client.request("GET", "/none")

    assert (got.status_code, got.json()) == (200, {"a": 1})
    assert (posted.status_code, posted.json()) == (201, [2])
    first, second, _ = faults.requests
    assert (first.method, first.target) == ("GET", "/api/v1/things?q=%C3%A4+b")
    assert "idempotency-key" not in first.headers
    assert second.json() == {"b": "ü"}
    assert second.headers["idempotency-key"]
    assert second.headers["authorization"] == f"ApiKey {KEY}"


async def test_request_adds_params_to_a_query_in_the_path(faults: FaultServer) -> None:
    faults.script(json_answer(200, {}))

    async with client_of(faults) as client:
        await client.request("GET", "/things?a=1", params={"b": 2})

    assert faults.requests[0].target == "/api/v1/things?a=1&b=2"


@pytest.mark.parametrize(
    ("method", "path", "more"),
    [
        ("GET", "things", {}),
        ("GET", "", {}),
        ("GET", "http://evil.example/", {}),
        ("GET", None, {}),
        ("GET", "/\ud800", {}),
        ("GET", "/a\nb", {}),
        ("GET", "/../../admin", {}),
        ("GET", "/things/%2e%2E/admin", {}),
        ("GET", "/things#part", {}),
        ("", "/things", {}),
        ("GE T", "/things", {}),
        ("GET\r\nX: y", "/things", {}),
        ("ПОСТ", "/things", {}),
        (None, "/things", {}),
        ("GET", "/things", {"params": "a=1"}),
        ("GET", "/things", {"params": {"a": "\ud800"}}),
        ("POST", "/things", {"json": {"a": {1}}}),
    ],
)
async def test_request_refuses_what_cannot_be_sent_below_the_base_url(
    faults: FaultServer, method: Any, path: Any, more: dict[str, Any]
) -> None:
    async with client_of(faults) as client:
        with pytest.raises(ValidationError):
            await client.request(method, path, **more)

    assert faults.requests == []
