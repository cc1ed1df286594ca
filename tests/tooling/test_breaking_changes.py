"""Reports of API changes: which changes are breaking."""

from __future__ import annotations

import copy
import re
from collections.abc import Callable

import pytest

from tests.support import api_changes as changes
from tests.support.api_changes import Json, api_diff, contract
from tests.support.markers import requires_redocly

pytestmark = pytest.mark.check

BREAKING_CHANGES: list[tuple[Callable[[Json], None], str]] = [
    (
        changes.remove_an_operation,
        "`DELETE /conversations/{conversationId}` was removed. (deleteConversation)",
    ),
    (
        changes.remove_a_response_field,
        "`Usage`: Property `totalTokens` of `usage` was removed. (sendMessage, ",
    ),
    (
        changes.remove_a_request_field,
        "`CreateConversationRequest.temperature` was removed. (createConversation)",
    ),
    (changes.require_a_new_field, "Properties of `SendMessageRequest` became required: `tone`."),
    (changes.remove_an_enum_value, "Enum of `ContextMode` lost values: 'MINIMAL'."),
    (
        changes.change_a_type,
        "`Model`: Type of `id` widened from 'string' to 'integer'. (allModels)",
    ),
    (
        changes.remove_a_status,
        "`POST /conversations`: Response `201` was removed. (createConversation)",
    ),
    (
        changes.change_a_tag,
        'The tag of `GET /autobranch/health` changed from `"autobranch"` to `"status"`. (getAutobranchHealth)',
    ),
    (changes.remove_a_schema, "Schema `Unused` was removed."),
    (
        changes.rename_a_path_parameter,
        "Parameter `checkpointId` was renamed to `id`. (deleteCheckpoint, recreateCheckpoint)",
    ),
    (
        changes.make_a_property_read_only,
        "`readOnly` of `UpdateMessageRequest.content` changed from nothing to `true`. (updateMessage)",
    ),
    (
        changes.require_a_new_parameter,
        "`GET /conversations`: Required `tenant` query parameter was added. (listConversations)",
    ),
    (changes.rename_an_operation, "changed from 'listModels' to 'allModels'."),
    (
        changes.remove_a_field_of_a_stream_chunk,
        "`StreamEvent`: Property `content` of `message` was removed.",
    ),
    (
        changes.remove_a_kind_of_event,
        "`POST /conversations/{conversationId}/messages/stream` (responses 200 content text/event-stream x-events error) was removed.",
    ),
    (
        changes.let_the_sdk_add_less,
        '`x-sdk-required` of `ConversationTree` changed from `"tree, metadata"` to `"tree"`.',
    ),
    (changes.change_the_result_part, '`BranchResponse` changed from `"branch"` to `"other"`.'),
]


OTHER_CHANGES: list[tuple[Callable[[Json], None], str]] = [
    (changes.add_an_operation, "Operation `GET /ping` was added."),
    (changes.add_an_optional_field, "`UpdateBranchRequest.color` was added. (updateBranch)"),
    (changes.add_a_response_field, "`Checkpoint.color` was added. (listCheckpoints, "),
    (
        changes.add_a_known_value,
        '`HealthResponse.status` changed from `"healthy"` to `"healthy, degraded"`. (getAutobranchHealth)',
    ),
    (changes.require_a_new_field, "`SendMessageRequest.tone` was added. (sendMessage, "),
    (
        changes.change_the_openapi_version,
        '`openapi` of the document changed from `"3.1.0"` to `"3.1.1"`.',
    ),
    (
        changes.add_a_document_extension,
        '`x-audience` of the document changed from nothing to `"public"`.',
    ),
    (changes.remove_a_status_that_a_range_covers, "`GET /models`: Response `401` was removed. ("),
    (
        changes.add_a_second_tag,
        '`tags` of `GET /conversations/{conversationId}/tree` changed from `["conversations"]` to ',
    ),
    (changes.require_what_the_sdk_adds, "`x-sdk-required` of `Checkpoint` changed from "),
    (changes.require_what_the_sdk_adds, "`required` of `Checkpoint` changed from "),
    (
        changes.let_the_sdk_add_a_property,
        '`x-sdk-required` of `Branch` changed from nothing to `"contextMode"`.',
    ),
    (changes.change_a_description, "Descriptions or examples of `TreeNode`."),
]


@pytest.fixture(scope="module")
def sections() -> dict[str, list[str]]:
    """Return the lines under each heading of a report of all changes."""
    base = contract()
    changes.document_refused_key_like_other_errors(base)
    base["components"]["schemas"]["Unused"] = {"type": "object"}
    revision = copy.deepcopy(base)
    for change in dict.fromkeys(change for change, _ in BREAKING_CHANGES + OTHER_CHANGES):
        change(revision)
    markdown, compatible = api_diff.report(base, revision, "v0.3.0")
    assert not compatible
    parts = re.split(r"^## (\w+)$", markdown, flags=re.MULTILINE)
    return {
        title: re.findall(r"^- (.+)$", text, re.MULTILINE)
        for title, text in zip(parts[1::2], parts[2::2], strict=True)
    }


@requires_redocly
@pytest.mark.parametrize(
    ("change", "line"), BREAKING_CHANGES, ids=lambda each: getattr(each, "__name__", "")
)
def test_breaking_changes_are_reported_as_breaking(
    sections: dict[str, list[str]], change: object, line: str
) -> None:
    assert [each for each in sections["Breaking"] if line in each]
    assert not [each for each in sections["Other"] if line in each]


@requires_redocly
@pytest.mark.parametrize(
    ("change", "line"), OTHER_CHANGES, ids=lambda each: getattr(each, "__name__", "")
)
def test_compatible_changes_are_reported_as_other(
    sections: dict[str, list[str]], change: object, line: str
) -> None:
    assert [each for each in sections["Other"] if line in each]
    assert not [each for each in sections["Breaking"] if line in each]


@requires_redocly
def test_only_the_changes_are_reported(sections: dict[str, list[str]]) -> None:
    assert (len(sections["Breaking"]), len(sections["Other"])) == (
        len(BREAKING_CHANGES),
        len(OTHER_CHANGES),
    )


@requires_redocly
def test_renamed_schema_is_breaking() -> None:
    base = contract()
    revision = copy.deepcopy(base)
    changes.rename_a_schema(revision)
    assert [(change.text, change.breaking) for change in api_diff.find_changes(base, revision)] == [
        ("`MergeOrigin` was added.", False),
        ("Schema `MergeSource` was renamed to `MergeOrigin`.", True),
    ]


@requires_redocly
def test_removed_error_is_breaking_if_the_range_differs() -> None:
    base = contract()
    changes.document_refused_key_like_other_errors(base)
    revision = copy.deepcopy(base)
    changes.remove_a_status_that_a_range_covers(revision)
    refused = revision["components"]["responses"]["Refused"]
    refused["content"]["application/json"]["schema"] = {"type": "object"}
    assert "`GET /models`: Response `401` was removed." in {
        change.text for change in api_diff.find_changes(base, revision) if change.breaking
    }
