"""Random documents of conversations, and documents without the fields that an import changes."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

Json = dict[str, Any]

TEXTS = st.text(st.characters(codec="utf-8"), max_size=20)
TIMES = st.datetimes().map(lambda time: time.isoformat(timespec="milliseconds") + "Z")
METADATA = st.fixed_dictionaries(
    {},
    optional={
        "model": st.none() | TEXTS,
        "finishReason": st.sampled_from(["stop", "cancelled", "other"]),
        "cost": st.none() | st.floats(0, 1),
        "prompt_tokens": st.integers(0, 2**53),
        "other": st.booleans()
        | st.integers(-(2**70), 2**70)
        | st.lists(st.none() | TEXTS, max_size=2),
    },
)


@st.composite
def documents(draw: st.DrawFn) -> Json:
    """Return a document with forks, merges, stopped replies, checkpoints and unknown fields."""
    branches: list[Json] = [{"id": "b0", "title": "Main", "isMain": True}]
    messages: list[Json] = []
    last: dict[str, str | None] = {"b0": None}
    for number in range(draw(st.integers(0, 25))):
        kind = draw(st.sampled_from(["message", "message", "message", "fork", "merge"]))
        if kind == "fork":
            branches.append(_fork(draw, len(branches), messages))
            last[branches[-1]["id"]] = branches[-1]["forkPointMessageId"]
            continue
        metadata: Json = {**draw(METADATA)}
        branch_id = draw(st.sampled_from([each["id"] for each in branches]))
        if kind == "merge" and branch_id != "b0":
            branch = next(each for each in branches if each["id"] == branch_id)
            own = [each for each in messages if each["branchId"] == branch_id]
            if own:
                metadata["mergedFrom"] = {"branchId": branch_id, "messageId": own[0]["id"]}
                branch["isActive"] = False
                branch_id = branch["parentBranchId"]
        message: Json = {
            "id": f"m{number}",
            "branchId": branch_id,
            "parentMessageId": last[branch_id],
            "role": draw(st.sampled_from(["user", "assistant", "system", "critic"])),
            "content": draw(TEXTS),
            "createdAt": draw(TIMES),
            "tokenCount": draw(st.integers(0, 99)),
        }
        if metadata:
            message["metadata"] = metadata
        last[branch_id] = message["id"]
        messages.append(message)
    return {
        "format": "chatroutes-conversation",
        "version": 1,
        "exportedAt": "2024-01-01T00:00:00.000Z",
        "conversation": {
            "id": "c",
            "title": draw(st.text(st.characters(codec="utf-8"), min_size=1)),
            "createdAt": draw(TIMES),
            "unknown": draw(st.none() | st.just(7)),
        },
        "branches": branches,
        "messages": messages,
        "checkpoints": [
            {
                "id": "k",
                "branch_id": message["branchId"],
                "anchor_message_id": message["id"],
                "summary": "so far",
                "token_count": 2,
                "created_at": "2024-01-01T00:00:00.000Z",
            }
            for message in draw(
                st.lists(st.sampled_from(messages), max_size=1) if messages else st.just([])
            )
        ],
    }


def _fork(draw: st.DrawFn, number: int, messages: list[Json]) -> Json:
    fork_point = draw(st.none() | st.sampled_from(messages)) if messages else None
    return {
        "id": f"b{number}",
        "title": f"Branch {number}",
        "isMain": False,
        "isActive": True,
        "parentBranchId": fork_point["branchId"] if fork_point else "b0",
        "forkPointMessageId": fork_point["id"] if fork_point else None,
        "contextMode": draw(st.sampled_from(["FULL", "PARTIAL", "MINIMAL"])),
        "createdAt": draw(TIMES),
    }


def with_numbers(export: Any) -> Json:
    """Return a document whose ids are numbers, without what each import or export sets."""
    numbers: dict[Any, str] = {None: "", export["conversation"]["id"]: "conversation"}
    for name in ("branches", "messages", "checkpoints"):
        numbers |= {each["id"]: f"{name} {number}" for number, each in enumerate(export[name])}

    def renumber(value: Any) -> Any:
        if isinstance(value, dict):
            return {
                name: numbers.get(each, each) if isinstance(each, str) else renumber(each)
                for name, each in value.items()
                if name not in ("exportedAt", "userId", "messageCount", "contentHash")
            }
        return [renumber(each) for each in value] if isinstance(value, list) else value

    numbered: Json = renumber(export)
    return numbered
