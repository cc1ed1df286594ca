"""Sphinx extension: show the docstrings and the signatures of this project.

- Signatures name classes by the modules that define them, such as `chatroutes._sync.stream.MessageStream`. They
  link to the names that programs import, such as `chatroutes.MessageStream`.
- The constructors of objects that a client creates are not part of the interface.
- An indented paragraph of a docstring is Python code.
"""

from __future__ import annotations

from docutils import nodes
from sphinx.addnodes import pending_xref
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment

PUBLIC_MODULES = (
    "chatroutes",
    "chatroutes.exports",
    "chatroutes.imports",
    "chatroutes.telemetry",
    "chatroutes.trees",
    "chatroutes_server",
)
CREATED_BY_CLIENTS = (
    "chatroutes._sync.resources.",
    "chatroutes.ComparisonResult",
    "chatroutes.ComparisonStream",
    "chatroutes.AsyncComparisonStream",
    "chatroutes.MessageStream",
    "chatroutes.AsyncMessageStream",
    "chatroutes.RawResponse",
    "chatroutes.StreamingResponse",
    "chatroutes.AsyncStreamingResponse",
)
BEFORE_NAPOLEON = 400


def resolve_public_name(
    app: Sphinx, env: BuildEnvironment, node: pending_xref, contnode: nodes.TextElement
) -> nodes.reference | None:
    """Return a link to the public name of an object that another module defines."""
    target: str = node.get("reftarget", "")
    if node.get("refdomain") != "py":
        return None
    domain = env.domains.python_domain
    for module in PUBLIC_MODULES:
        public = f"{module}.{target.rpartition('.')[2]}"
        if public != target and public in domain.objects:
            return domain.resolve_xref(
                env, node["refdoc"], app.builder, "obj", public, node, contnode
            )
    return None


def hide_constructor(
    app: Sphinx,
    what: str,
    name: str,
    obj: object,
    options: object,
    signature: str | None,
    returns: str | None,
) -> tuple[str, None] | None:
    """Remove the arguments of classes that programs do not construct."""
    return ("", None) if what == "class" and name.startswith(CREATED_BY_CLIENTS) else None


def format_docstring(
    app: Sphinx, what: str, name: str, obj: object, options: object, lines: list[str]
) -> None:
    """Mark the code of a docstring as code."""
    text = ""  # the last line that is not blank
    for at in range(len(lines) - 1, 0, -1):
        text = next((each for each in reversed(lines[:at]) if each), "")
        starts = lines[at].startswith("    ") and not lines[at - 1]
        if starts and text and not text.startswith((" ", "-")):
            lines[at:at] = [".. code-block:: python", ""]
    if what in ("attribute", "data", "property"):
        # Napoleon takes the text before a colon in the first line for a type. An empty comment has none.
        lines[:0] = ["..", ""]


def setup(app: Sphinx) -> dict[str, bool]:
    app.connect("missing-reference", resolve_public_name)
    app.connect("autodoc-process-signature", hide_constructor)
    app.connect("autodoc-process-docstring", format_docstring, priority=BEFORE_NAPOLEON)
    return {"parallel_read_safe": True}
