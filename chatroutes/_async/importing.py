"""Import a conversation: into a local server, or as a replay of its questions."""

from __future__ import annotations

from collections.abc import Callable
from time import monotonic
from typing import Any

from .. import _lazy_types as types
from .._concurrency import run_callback_async, validate_callback_async
from .._request_options import limit_key
from ..errors import ChatRoutesError, NotFoundError, invalid_argument
from ..exports import ConversationExport
from ..imports import ImportProgress, ImportResult, ReplayResult
from ..imports import _request as import_request
from ..imports._preparation import prepare
from ..imports._replay_plan import (
    CreateBranch,
    MergeBranch,
    Place,
    ReplayPlan,
    SendQuestion,
    plan_replay,
)
from .requestor import AsyncRequestor
from .resources.branches import AsyncBranches
from .resources.conversations import AsyncConversations
from .resources.messages import AsyncMessages

# Storing a long conversation takes seconds.
TIMEOUT = 120.0


async def import_conversation(
    requestor: AsyncRequestor, export: ConversationExport, options: types.RequestOptions
) -> ImportResult:
    """Implement `client.import_conversation`."""
    prepared = prepare(export)
    timeout: types.RequestOptions = {"timeout": TIMEOUT}
    try:
        result = await requestor.execute(
            import_request.request, import_request.read, {**timeout, **options}, prepared
        )
    except ChatRoutesError as error:
        explained = import_request.explain(error, requestor.options.base_url)
        if explained is error:
            raise
        raise explained from error
    return ImportResult(result.conversation, result.created, [*prepared.warnings, *result.warnings])


async def replay_conversation(
    requestor: AsyncRequestor,
    export: ConversationExport,
    model: str,
    on_progress: Callable[[ImportProgress], object] | None,
    options: types.RequestOptions,
) -> ReplayResult:
    """Implement `client.replay_conversation`."""
    if not model:
        raise invalid_argument(f"model must be the name of a model, not {model!r}.")
    validate_callback_async("on_progress", on_progress)
    requestor.for_call(options)  # raises before anything is sent
    prepared = prepare(export)
    plan = plan_replay(prepared.document, model)
    replay = _Replay(requestor, plan, options)
    total = len(plan.steps)
    conversation = await replay.create_conversation()
    for number, step in enumerate(plan.steps):
        if on_progress is not None:
            await run_callback_async(on_progress, ImportProgress(number, total))
        if isinstance(step, SendQuestion):
            await replay.send(number, step)
        elif isinstance(step, CreateBranch):
            await replay.create_branch(number, step)
        else:
            await replay.merge(number, step)
    if on_progress is not None:
        await run_callback_async(on_progress, ImportProgress(total, total))
    return ReplayResult(
        conversation,
        model,
        sum(isinstance(step, SendQuestion) for step in plan.steps),
        1 + sum(isinstance(step, CreateBranch) for step in plan.steps),
        [*prepared.warnings, *plan.warnings],
    )


class _Replay:
    """The state of a replay: the ids of the new conversation, by those of the document.

    The idempotency keys are derived from the content and the number of the step. If a replay is
    repeated, also at the same time, the service returns the responses of the first one.
    """

    def __init__(
        self, requestor: AsyncRequestor, plan: ReplayPlan, options: types.RequestOptions
    ) -> None:
        self._requestor = requestor
        self._plan = plan
        self._options = options
        self._started = monotonic()
        self._key = options.get("idempotency_key") or plan.key
        self._conversation_id = ""
        self._branch_ids: dict[str, str] = {}
        self._questions: dict[str, tuple[str, str]] = {}  # the ids of the question and of its reply
        self._copies: dict[str, str] = {}  # the copies that merges created

    async def create_conversation(self) -> types.Conversation:
        """Create the conversation of the replay, and return it."""
        body: Any = self._plan.conversation
        first_key = self._key
        while True:
            conversations = AsyncConversations(self._step("conversation"))
            response = await conversations.with_raw_response.create(body)
            conversation = response.parse()
            self._conversation_id = conversation["id"]
            if "idempotent-replayed" not in response.headers:
                return conversation
            try:
                await conversations.get(self._conversation_id)
            except NotFoundError:  # the conversation of an earlier replay, which was deleted
                self._key = f"{first_key}-after-{self._conversation_id}"
            else:
                return conversation

    async def create_branch(self, number: int, step: CreateBranch) -> None:
        """Create a branch, and keep its id."""
        fields = {
            "title": step.title,
            "baseNodeId": None if step.fork_point is None else self._find(step.fork_point),
            "description": step.description,
            "contextMode": step.context_mode,
        }
        body: Any = {name: value for name, value in fields.items() if value is not None}
        branches = AsyncBranches(self._step(number))
        branch = await branches.create(self._conversation_id, body)
        self._branch_ids[step.branch_id] = branch["id"]

    async def send(self, number: int, step: SendQuestion) -> None:
        """Send a question, and keep the ids of the question and of the reply."""
        body: types.SendMessageRequest = {"content": step.content}
        if step.branch_id in self._branch_ids:
            body["branchId"] = self._branch_ids[step.branch_id]
        response = await AsyncMessages(self._step(number)).send(self._conversation_id, body)
        reply_id = response["assistantMessage"]["id"]
        question: Any = response.get("userMessage") or {}
        # Some services do not send the question back, or send it without its id.
        question_id = question.get("id") or await self._find_question(step, reply_id)
        self._questions[step.question] = question_id, reply_id

    async def merge(self, number: int, step: MergeBranch) -> None:
        """Merge a branch into its parent, and keep the ids of the copies."""
        branches = AsyncBranches(self._step(number))
        branch = await branches.merge(self._conversation_id, self._branch_ids[step.branch_id])
        for message in await self._list_messages(branch["id"]):
            metadata: Any = message.get("metadata") or {}
            source: Any = metadata.get("mergedFrom") or {}
            if source.get("branchId") == self._branch_ids[step.branch_id]:
                self._copies[source["messageId"]] = message["id"]

    async def _find_question(self, step: SendQuestion, reply_id: str) -> str:
        ids = [
            each["id"] for each in await self._list_messages(self._branch_ids.get(step.branch_id))
        ]
        return ids[ids.index(reply_id) - 1] if reply_id in ids[1:] else reply_id

    async def _list_messages(self, branch_id: str | None) -> list[types.Message]:
        messages = AsyncMessages(self._step("list"))
        return await messages.list(self._conversation_id, branch_id)

    def _find(self, place: Place) -> str:
        message_id = self._questions[place.question][place.is_reply]
        for _ in range(place.copies):
            message_id = self._copies.get(message_id, message_id)
        return message_id

    def _step(self, name: int | str) -> AsyncRequestor:
        """Return the requestor of one step. All steps have the same deadline."""
        key: types.RequestOptions = {"idempotency_key": limit_key(f"{self._key}-{name}")}
        return self._requestor.begin_call({**self._options, **key}, started=self._started)
