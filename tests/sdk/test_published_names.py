"""The import paths and names of the published releases.

`fixtures/published_names.json` lists the classes of every module of each release.
"""

from __future__ import annotations

import importlib
import json
import sys
import warnings
from pathlib import Path

import pytest

import chatroutes
from chatroutes import ChatRoutes, client, errors, exceptions, http_client, resources, types
from chatroutes_server import LocalServer
from tests.support.imported_modules import imported_modules

RELEASES: dict[str, dict[str, str]] = json.loads(
    (Path(__file__).parent / "fixtures/published_names.json").read_text("utf-8")
)
MODULES = [(release, module) for release, modules in RELEASES.items() for module in modules]


# The names that differ in `chatroutes`.
RENAMED = {"ConversationTreeMetadata": "TreeMetadata"}


@pytest.mark.parametrize(("release", "module"), MODULES)
def test_every_published_name_can_be_imported(release: str, module: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        imported = importlib.import_module(module)
    for name in RELEASES[release][module].split():
        value = getattr(imported, name)
        public = RENAMED.get(name, name)
        if public in chatroutes.__all__:
            assert value is getattr(chatroutes, public)


@pytest.mark.parametrize("release", RELEASES)
def test_every_published_submodule_is_an_attribute_of_its_package(release: str) -> None:
    for module in RELEASES[release]:
        value: object = chatroutes
        for name in module.split(".")[1:]:
            value = getattr(value, name)
        assert value is sys.modules[module]


def test_classes_are_those_of_the_client() -> None:
    with ChatRoutes("a-key") as used:
        assert type(used) is client.ChatRoutes
        assert type(used.conversations) is resources.ConversationsResource
        assert type(used.messages) is resources.MessagesResource
        assert type(used.branches) is resources.BranchesResource
        assert type(used.checkpoints) is resources.CheckpointsResource
        assert type(used.autobranch) is resources.AutoBranchResource
    assert exceptions.NotFoundError is errors.NotFoundError
    assert types.conversation.Message is chatroutes.Message
    names = {name for name in vars(errors) if name.endswith("Error")}
    assert names <= set(vars(exceptions))


@pytest.mark.parametrize(
    "code", ["import chatroutes", "from chatroutes import ChatRoutes; ChatRoutes('a-key').models"]
)
def test_import_paths_of_earlier_releases_are_not_imported_before_they_are_used(code: str) -> None:
    aliases = {"client", "exceptions", "http_client", "resources", "types"}
    assert not imported_modules(code) & {f"chatroutes.{name}" for name in aliases}


def test_http_client_sends_requests_to_any_endpoint() -> None:
    with LocalServer(api_key="a-key") as server:
        sender = http_client.HttpClient("a-key", server.base_url + "/", retry_attempts=0)
        assert (sender.api_key, sender.base_url) == ("a-key", server.base_url)
        path = "/conversations"
        created = sender.post(path, {"title": "T"})["data"]["conversation"]
        path = f"{path}/{created['id']}"
        assert sender.patch(path, {"title": "U"})["data"]["conversation"]["title"] == "U"
        assert sender.get("/conversations", {"limit": 1})["data"]["limit"] == 1
        messages = f"{path}/messages"
        headers = {"Idempotency-Key": "once"}
        first = sender.post(messages, {"content": "Hi"}, headers)
        assert sender.post(messages, {"content": "Hi"}, headers) == first
        assert sender.delete(path)["success"] is True
        with pytest.raises(exceptions.NotFoundError):
            sender.request("GET", path)
        assert "a-key" not in repr(sender) + repr(vars(sender))
