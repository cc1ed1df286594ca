"""Searches errors for the API key."""

from __future__ import annotations

import pickle
import traceback
import types

from tests.support.payloads import API_KEY


def assert_api_key_hidden(error: BaseException) -> None:
    """Assert that an error exposes neither the API key nor its first half, which a truncated excerpt would contain."""
    summary = traceback.TracebackException.from_exception(error, capture_locals=True)
    text = "".join(summary.format())
    text += f"{error} {error!r} {error.args} {vars(error)}"
    assert API_KEY[:16] not in text
    assert API_KEY[:16].encode() not in pickle.dumps(error)
    assert not find_api_key(error)


def find_api_key(root: object) -> list[str]:
    """Return the paths from an object to the API key, through attributes, items, causes and reprs."""
    paths: list[str] = []
    visited: dict[int, object] = {}
    queue: list[tuple[str, object]] = [(type(root).__name__, root)]
    while queue:
        path, value = queue.pop()
        if isinstance(value, (str, bytes, bytearray)):
            text = value if isinstance(value, str) else bytes(value).decode("latin-1")
            if API_KEY[:16] in text:
                paths.append(path)
            continue
        if id(value) in visited or isinstance(value, (type, types.ModuleType, types.FunctionType)):
            continue
        visited[id(value)] = value
        if API_KEY[:16] in repr(value):
            paths.append(f"repr({path})")
        children: dict[object, object] = {}
        if isinstance(value, dict):
            children = {**dict(enumerate(value)), **value}
        elif isinstance(value, (list, tuple, set, frozenset)):
            children = dict(enumerate(value))
        children = {**children, **getattr(value, "__dict__", {})}
        for name in getattr(type(value), "__slots__", ()):
            children[name] = getattr(value, name, None)
        if isinstance(value, BaseException):
            children |= {"cause": value.__cause__, "context": value.__context__}
        queue += [(f"{path}.{name}", each) for name, each in children.items()]
    return paths
