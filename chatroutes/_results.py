"""The results of calls: dicts and lists that also have the id of their request.

They are equal to plain dicts and lists, and `json`, `pickle` and `copy` treat them as such.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar, cast

T = TypeVar("T")


class ResultDict(dict[str, Any]):
    """A dict with the id of the request that it is the result of."""

    __slots__ = ("request_id",)
    request_id: str

    def __reduce__(self) -> tuple[Any, ...]:
        return add_request_id, (dict(self), request_id(self))

    if not TYPE_CHECKING:  # with __getattr__, a type checker would accept every name

        def __getattr__(self, name: str) -> object:
            message = f"{type(self).__name__!r} object has no attribute {name!r}"
            if name in self:
                message += f"; it is a dict: use [{name!r}]"
            raise AttributeError(message, name=name, obj=self)


class ResultList(list[Any]):
    """A list with the id of the request that it is the result of."""

    __slots__ = ("request_id",)
    request_id: str

    def __reduce__(self) -> tuple[Any, ...]:
        return add_request_id, (list(self), request_id(self))


def add_request_id(result: T, request_id: str | None) -> T:
    """Return a result with the id of its request, if the service sent one."""
    made: Any
    if request_id is None:
        return result
    if type(result) is dict:
        made = ResultDict(cast("dict[str, Any]", result))
    elif type(result) is list:
        made = ResultList(cast("list[Any]", result))
    else:
        return result
    made.request_id = request_id
    return cast("T", made)


def request_id(result: object) -> str | None:
    """Return the id of the request that a result came from, to quote in a support request.

        conversation = client.conversations.get(conversation_id)
        print(chatroutes.request_id(conversation))

    Args:
        result: What a method returned, a stream or an error. A copy made with `dict(result)` has no id.

    Returns:
        The id, or None if the service sent none.
    """
    found = getattr(result, "request_id", None)
    return found if isinstance(found, str) else None
