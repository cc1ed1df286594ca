"""scripts/response_classes.py: the methods of `with_raw_response` and `with_streaming_response`."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.markers import single_python
from tests.support.paths import ROOT

RESOURCE = '''
"""The things."""

import builtins
from typing import Unpack, overload

from things_wire.types import Thing as ThingType

from ... import _lazy_types as types
from ..._other import Unused
from ..stream import AsyncMessageStream
from .base import Base


class AsyncThings:
    """The things."""

    def __init__(self, requestor: AsyncRequestor) -> None:
        self._requestor = requestor

    async def get(
        self, a: str, b: Base | None = None, *, c: int = 5, **options: Unpack[types.RequestOptions]
    ) -> builtins.list[ThingType]:
        """Get a thing.

        More.
        """

    async def undocumented(self) -> None:
        return None

    async def _hidden(self) -> None: ...

    def iterate(self) -> AsyncThingIterator: ...

    @overload
    def stream(self, a: str) -> AsyncMessageStream: ...
    @overload
    def stream(self, a: str, on_chunk: Callback) -> AsyncCallbackResult: ...
    def stream(self, a: str, on_chunk: Callback | None = None) -> AsyncMessageStream | None:
        """Stream a thing."""


class AsyncThingIterator:
    """An iterator."""

    def __init__(self, things: AsyncThings) -> None:
        self._things = things

    async def get(self) -> None: ...
'''

RAW_CLASS = '''
class AsyncThingsWithRawResponse(RawMethods):
    """The methods of `AsyncThings`, which return a `RawResponse`."""

    async def get(self, a: str, b: Base | None=None, *, c: int=5, **options: Unpack[types.RequestOptions]) -> RawResponse[builtins.list[ThingType]]:
        """Get a thing."""
        return await self._send('get', a, b, c=c, **options)

    async def undocumented(self) -> RawResponse[None]:
        return await self._send('undocumented')
'''

STREAM_METHOD = '''
    def stream(self, a: str) -> AbstractAsyncContextManager[AsyncStreamingResponse[AsyncMessageStream]]:
        """Stream a thing."""
        return self._open_stream('stream', a)
'''


@pytest.fixture
def derived(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, str]]:
    """The modules that are derived from one resource."""
    monkeypatch.syspath_prepend(ROOT / "scripts")
    import response_classes  # type: ignore[import-not-found]

    folder = tmp_path / "resources"
    folder.mkdir()
    (folder / "things.py").write_text(RESOURCE, "utf-8")
    (folder / "__init__.py").write_text("from .things import AsyncThings\n", "utf-8")
    modules: Any = response_classes.derive(folder)
    yield modules
    del sys.modules["response_classes"]


@single_python
def test_methods_that_send_one_request_are_derived(derived: dict[str, str]) -> None:
    assert derived["raw_response_methods.py"].endswith(RAW_CLASS)
    assert derived["streaming_response_methods.py"].endswith(STREAM_METHOD)
    for text in derived.values():
        assert text.count("\nclass ") == 1
        assert "iterate" not in text
        assert "_hidden" not in text


@single_python
def test_imports_are_those_of_the_signatures(derived: dict[str, str]) -> None:
    expected = {
        "import builtins",
        "from typing import Unpack",
        "from things_wire.types import Thing as ThingType",
        "from .. import _lazy_types as types",
        "from .resources.base import Base",
    }
    own = {"from __future__ import annotations", "from .response_methods import RawMethods"}
    own.add("from .._raw_response import RawResponse")
    lines = derived["raw_response_methods.py"].splitlines()
    assert {line for line in lines if line.startswith(("import", "from"))} == expected | own
    assert "\nfrom .stream import AsyncMessageStream\n" in derived["streaming_response_methods.py"]
