"""Export a conversation: fetch everything that belongs to it, as it is at one point in time."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from itertools import islice
from typing import Any, cast

from chatroutes_wire.api.branches import list_branches
from chatroutes_wire.api.checkpoints import list_checkpoints
from chatroutes_wire.api.conversations import get_conversation
from chatroutes_wire.api.messages import list_messages

from .. import _lazy_types as types
from .._concurrency import run_callback_async, validate_callback_async
from .._normalize import normalize_checkpoint
from .._workers import AsyncWorkers, validate_max_concurrency
from ..errors import (
    ChatRoutesError,
    NotFoundError,
    ResponseError,
    ValidationError,
)
from ..exports import ExportProgress, InvalidExportError, validate
from ..exports._assembly import Snapshot, build_export
from .pagination import AsyncPageIterator
from .requestor import AsyncRequestor
from .resources.conversations import get_tree

MAX_ATTEMPTS = 3
MAX_PAGE = 1000
NOT_SUPPORTED = (400, 404, 405, 422, 501)
"""The statuses of a service that does not have an operation or a parameter."""

Progress = Callable[[types.ExportProgress], object]


async def export_conversation(
    requestor: AsyncRequestor,
    conversation_id: str,
    on_progress: Progress | None,
    max_concurrency: Any,
    options: types.RequestOptions,
) -> types.ConversationExport:
    """Implement `conversations.export`."""
    validate_callback_async("on_progress", on_progress)
    validate_max_concurrency(max_concurrency)
    call = requestor.begin_call(options)
    export = _Export(call, conversation_id, on_progress, max_concurrency)
    return await export.run()


class _Export:
    """The requests of one export."""

    def __init__(
        self,
        requestor: AsyncRequestor,
        conversation_id: str,
        on_progress: Progress | None,
        max_concurrency: int,
    ) -> None:
        self._requestor = requestor
        self._conversation_id = conversation_id
        self._on_progress = on_progress
        self._max_concurrency = max_concurrency

    async def run(self) -> types.ConversationExport:
        """Fetch the conversation until it does not change meanwhile, and return its document."""
        conversation = await self._get_conversation()
        attempts = 0
        while True:
            snapshot = await self._fetch(conversation)
            attempts += 1
            before, conversation = conversation, await self._get_conversation()
            if _state(conversation) == _state(before):
                break
            if attempts == MAX_ATTEMPTS:
                snapshot.warnings.append(
                    f"The conversation changed during each of {attempts} attempts to export it. "
                    "Its parts may be from different times."
                )
                break
        export = build_export(snapshot, _now())
        try:
            return validate(export)
        except InvalidExportError as error:
            raise ResponseError(
                f"The service returned a conversation that cannot be exported: {error}"
            ) from error

    async def _get_conversation(self) -> Any:
        return await self._requestor.execute(
            get_conversation.request, get_conversation.read, {}, self._conversation_id
        )

    async def _fetch(self, conversation: dict[str, Any]) -> Snapshot:
        """Fetch what belongs to the conversation."""
        branches: list[Any] | None = conversation.get("branches")
        if branches is None:
            branches = await self._list_branches()
        snapshot = Snapshot({**conversation}, [{**each} for each in branches])
        main_messages: list[Any] | None = conversation.get("messages")
        if main_messages is not None:
            snapshot.add_list(snapshot.main_id, [{**each} for each in main_messages])
        await self._report(snapshot)
        await self._add_tree(snapshot)
        await self._report(snapshot)
        if len(snapshot.branches_to_list()) > 1:
            await self._add_all_messages(snapshot)
        await self._add_lists(snapshot)
        await self._add_checkpoints(snapshot)
        return snapshot

    async def _list_branches(self) -> list[Any]:
        try:
            return await self._requestor.execute(
                list_branches.request, list_branches.read, {}, self._conversation_id
            )
        except ChatRoutesError as error:
            _require_unsupported(error)
            return []

    async def _add_tree(self, snapshot: Snapshot) -> None:
        try:
            tree = await get_tree(self._requestor, self._conversation_id)
        except ChatRoutesError as error:
            _require_unsupported(error)
        else:
            snapshot.add_tree(cast("dict[str, Any]", tree))

    async def _add_all_messages(self, snapshot: Snapshot) -> None:
        """Add the messages of all branches from one list, if the service has it.

        Otherwise, the service sends the main branch.
        """
        pages = AsyncPageIterator(
            self._requestor,
            list_messages.request,
            list_messages.read,
            self._conversation_id,
            params={"scope": "conversation", "limit": MAX_PAGE},
        )
        page: list[Any] = []
        try:
            async for message in pages:
                page.append(message)
                if len(page) == MAX_PAGE:
                    snapshot.add_messages(page)
                    page.clear()
                    await self._report(snapshot)
        except ValidationError as error:
            _require_unsupported(error)
        if page:
            snapshot.add_messages(page)
            await self._report(snapshot)

    async def _add_lists(self, snapshot: Snapshot) -> None:
        """Add the lists of branches that have the missing messages."""
        branch_ids = snapshot.branches_to_list()
        waiting = iter(branch_ids)
        async with AsyncWorkers(self._get_list, self._max_concurrency) as workers:
            # An error ends the block when the jobs that were added have ended, so no others wait.
            for branch_id in islice(waiting, self._max_concurrency):
                workers.put(branch_id)
            for _ in branch_ids:
                snapshot.add_list(*await workers.take())
                await self._report(snapshot)
                for branch_id in islice(waiting, 1):
                    workers.put(branch_id)

    async def _get_list(self, branch_id: str) -> tuple[str, list[Any]]:
        messages: list[Any] = []
        # The branch may have been deleted meanwhile, or the service may have no such list.
        with suppress(NotFoundError):
            messages = await self._requestor.execute(
                list_messages.request,
                list_messages.read,
                {},
                self._conversation_id,
                {"branchId": branch_id},
            )
        return branch_id, messages

    async def _add_checkpoints(self, snapshot: Snapshot) -> None:
        try:
            checkpoints: list[Any] = await self._requestor.execute(
                list_checkpoints.request, list_checkpoints.read, {}, self._conversation_id
            )
        except ChatRoutesError as error:
            _require_unsupported(error)
            snapshot.warnings.append(f"The service did not send the checkpoints: {error.message}")
        else:
            for each in checkpoints:
                normalize_checkpoint(each)
            snapshot.checkpoints = checkpoints

    async def _report(self, snapshot: Snapshot) -> None:
        if self._on_progress is not None:
            total = snapshot.count() if snapshot.tree_is_complete else None
            progress = ExportProgress(len(snapshot.messages), total)
            await run_callback_async(self._on_progress, progress)


def _require_unsupported(error: ChatRoutesError) -> None:
    """Raise the error, unless the service does not have the operation or the parameter."""
    if not isinstance(error, ResponseError) and error.status_code not in NOT_SUPPORTED:
        raise error


def _state(conversation: dict[str, Any]) -> list[Any]:
    """Return the fields that change with the conversation. Other fields may differ in each response."""
    return [conversation.get(name) for name in ("updatedAt", "title", "branches", "messages")]


def _now() -> str:
    """Return the time in the form of the contract."""
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
