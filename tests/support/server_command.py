"""The command line of the server."""

from __future__ import annotations

import re

READY_LINE = re.compile(r"ChatRoutes server ready at (http://\S+/api/v1)\n")
EXPORT_LINE = re.compile(r"export (CHATROUTES_\w+)=(\S+)\n")
