"""The tree as an HTML page, from `page.html`, `page.css` and `page.js`.

The page contains the messages as JSON, and its script shows them as text, never as HTML. Its
content security policy allows this script and this style sheet, and no request.
"""

from __future__ import annotations

import json
import re
from base64 import b64encode
from hashlib import sha256
from html import escape
from importlib.resources import files

from .._safe_text import label
from ._outline import Outline

MAX_ROLE, MAX_BRANCH, MAX_PREVIEW = 40, 200, 160

FRAME = (
    '<iframe sandbox="allow-scripts" title="Tree of messages" srcdoc="{}" '
    'style="width: 100%; height: 36rem; border: 1px solid #8c959f; border-radius: 6px"></iframe>'
)


def render_html(outline: Outline) -> str:
    """Return a page that needs no other file and no network."""
    style, script = _read("page.css"), _read("page.js")
    values = {
        "title": escape(outline.describe()),
        "style": style,
        "style_hash": _hash(style),
        "script": script,
        "script_hash": _hash(script),
        "data": _to_json(outline),
    }
    return re.sub(r"\{\{(\w+)\}\}", lambda found: values[found[1]], _read("page.html"))


def render_frame(outline: Outline) -> str:
    """Return the page in a frame for a notebook. The frame has no access to the notebook."""
    return FRAME.format(escape(render_html(outline)))


def _to_json(outline: Outline) -> str:
    """Return the messages as JSON that is safe inside a script element."""
    messages = [
        [
            each.parent,
            label(each.role, MAX_ROLE),
            each.content,
            label(each.branch, MAX_BRANCH),
            outline.preview(index, MAX_PREVIEW),
        ]
        for index, each in enumerate(outline.messages)
    ]
    text = json.dumps(messages, ensure_ascii=False, separators=(",", ":"))
    # These characters are in strings only. Lone surrogates could not be encoded as UTF-8.
    return re.sub("[<>&\u2028\u2029\ud800-\udfff]", lambda found: f"\\u{ord(found[0]):04x}", text)


def _read(name: str) -> str:
    return files("chatroutes.trees").joinpath(name).read_text("utf-8").replace("\r\n", "\n")


def _hash(text: str) -> str:
    """Return the source expression of an inline script or style in the policy of the page."""
    return f"'sha256-{b64encode(sha256(text.encode()).digest()).decode()}'"
