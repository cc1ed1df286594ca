"""The command line of the server."""

from __future__ import annotations

import re

READY_LINE = re.compile(r"ChatRoutes server ready at (http://\S+/api/v1)(?: \(API key: (\S+)\))?\n")
