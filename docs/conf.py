"""Configuration of the documentation site, which scripts/docs builds with Sphinx."""

from __future__ import annotations

import sys
from pathlib import Path

from chatroutes import __version__

sys.path.append(str(Path(__file__).parent / "_extensions"))

project = "ChatRoutes Python SDK"
copyright = "ChatRoutes"
release = __version__

extensions = [
    "myst_parser",
    "sphinx.ext.autodoc",
    "sphinx.ext.napoleon",
    "sphinx_click",
    "command_help",
    "docstrings",
    "http_api",
    "server_help",
]
exclude_patterns = ["_build"]
nitpicky = True
nitpick_ignore_regex = [
    # The types of a signature can be private, or of another package. tests/tooling/test_docs_site.py checks that all
    # public names are documented.
    ("py:class", r".*"),
    ("py:exc", r"httpx\..*"),
]

# Markdown: headings are targets of links, such as streaming.md#stop-a-reply.
myst_heading_anchors = 3

# Commands and values such as --local and "GET" keep their hyphens and quotation marks.
smartquotes = False

# Docstrings: Google style, with code in single backquotes.
default_role = "code"
napoleon_google_docstring = True
napoleon_numpy_docstring = False
autoclass_content = "both"  # of the class and of __init__
autodoc_member_order = "bysource"
autodoc_typehints_format = "short"
python_use_unqualified_type_names = True
add_module_names = False
python_maximum_signature_line_length = 88

# The theme uses the fonts of the system, and loads nothing from a network.
html_theme = "furo"
html_static_path = ["_static"]
html_css_files = ["site.css"]
pygments_dark_style = "github-dark"
html_title = f"ChatRoutes Python SDK {release}"
html_show_sphinx = False
html_copy_source = False
html_show_search_summary = (
    False  # a browser does not let the search read the other pages of file://
)
