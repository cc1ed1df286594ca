"""Changes of the contract, for the tests of the reports of changes."""

from __future__ import annotations

import copy
from typing import Any

from tests.support.checkout import load_script
from tests.support.paths import ROOT

SPEC = "openapi/chatroutes.yaml"

Json = dict[str, Any]

api_diff: Any = load_script("api_diff", ROOT / "scripts")


def contract() -> Json:
    return api_diff.parse((ROOT / SPEC).read_text("utf-8"), SPEC)  # type: ignore[no-any-return]


def schema(document: Json, name: str) -> Json:
    return document["components"]["schemas"][name]  # type: ignore[no-any-return]


def operation(document: Json, method: str, path: str) -> Json:
    return document["paths"][path][method]  # type: ignore[no-any-return]


def remove_an_operation(document: Json) -> None:
    del document["paths"]["/conversations/{conversationId}"]["delete"]


def remove_a_response_field(document: Json) -> None:
    del schema(document, "Usage")["properties"]["totalTokens"]


def remove_a_request_field(document: Json) -> None:
    del schema(document, "CreateConversationRequest")["properties"]["temperature"]


def require_a_new_field(document: Json) -> None:
    request = schema(document, "SendMessageRequest")
    request["properties"]["tone"] = {"type": "string"}
    request["required"] = [*request["required"], "tone"]


def remove_an_enum_value(document: Json) -> None:
    schema(document, "ContextMode")["enum"].remove("MINIMAL")


def change_a_type(document: Json) -> None:
    schema(document, "Model")["properties"]["id"]["type"] = "integer"


def remove_a_status(document: Json) -> None:
    del operation(document, "post", "/conversations")["responses"]["201"]


def require_a_new_parameter(document: Json) -> None:
    parameter = {"name": "tenant", "in": "query", "required": True, "schema": {"type": "string"}}
    operation(document, "get", "/conversations")["parameters"].append(parameter)


def rename_an_operation(document: Json) -> None:
    operation(document, "get", "/models")["operationId"] = "allModels"


def remove_a_field_of_a_stream_chunk(document: Json) -> None:
    del schema(document, "StreamEvent")["properties"]["content"]


def remove_a_kind_of_event(document: Json) -> None:
    content = operation(document, "post", "/conversations/{conversationId}/messages/stream")[
        "responses"
    ]["200"]["content"]
    del content["text/event-stream"]["x-events"]["error"]


def let_the_sdk_add_less(document: Json) -> None:
    schema(document, "ConversationTree")["x-sdk-required"].remove("metadata")


def require_what_the_sdk_adds(document: Json) -> None:
    checkpoint = schema(document, "Checkpoint")
    checkpoint["required"] += checkpoint.pop("x-sdk-required")


def let_the_sdk_add_a_property(document: Json) -> None:
    schema(document, "Branch")["x-sdk-required"] = ["contextMode"]


def change_the_result_part(document: Json) -> None:
    schema(document, "BranchResponse")["x-result"] = "other"


def change_a_tag(document: Json) -> None:
    operation(document, "get", "/autobranch/health")["tags"] = ["status", "autobranch"]


def rename_a_schema(document: Json) -> None:
    schemas = document["components"]["schemas"]
    schemas["MergeOrigin"] = schemas.pop("MergeSource")
    reference = {"$ref": "#/components/schemas/MergeOrigin"}
    schema(document, "MessageMetadata")["properties"]["mergedFrom"]["oneOf"][0] = reference


def remove_a_schema(document: Json) -> None:
    del document["components"]["schemas"]["Unused"]


def rename_a_path_parameter(document: Json) -> None:
    document["components"]["parameters"]["CheckpointId"]["name"] = "id"
    for path in [each for each in document["paths"] if "{checkpointId}" in each]:
        item = document["paths"].pop(path)
        document["paths"][path.replace("{checkpointId}", "{id}")] = item


def make_a_property_read_only(document: Json) -> None:
    schema(document, "UpdateMessageRequest")["properties"]["content"]["readOnly"] = True


def add_an_operation(document: Json) -> None:
    responses = {"200": {"description": "The service is available."}}
    document["paths"]["/ping"] = {"get": {"operationId": "ping", "responses": responses}}


def add_an_optional_field(document: Json) -> None:
    schema(document, "UpdateBranchRequest")["properties"]["color"] = {"type": "string"}


def add_a_response_field(document: Json) -> None:
    schema(document, "Checkpoint")["properties"]["color"] = {"type": "string"}


def add_a_known_value(document: Json) -> None:
    schema(document, "HealthResponse")["properties"]["status"]["x-known-values"].append("degraded")


def change_a_description(document: Json) -> None:
    schema(document, "TreeNode")["description"] = "A message and its replies."


def change_the_openapi_version(document: Json) -> None:
    document["openapi"] = "3.1.1"


def add_a_document_extension(document: Json) -> None:
    document["x-audience"] = "public"


def remove_a_status_that_a_range_covers(document: Json) -> None:
    del operation(document, "get", "/models")["responses"]["401"]


def add_a_second_tag(document: Json) -> None:
    operation(document, "get", "/conversations/{conversationId}/tree")["tags"].append("trees")


def document_refused_key_like_other_errors(document: Json) -> None:
    responses = operation(document, "get", "/models")["responses"]
    refused = document["components"]["responses"]["Refused"]
    responses["401"] = copy.deepcopy(refused) | {"description": "The key is unknown."}
