"""Run `chatroutes_server.cli` as `python -m chatroutes_server`."""

from __future__ import annotations

import sys

from chatroutes_server.cli import main

sys.exit(main())
