"""`python -m chatroutes_server`."""

from __future__ import annotations

import sys

from chatroutes_server.command import main

sys.exit(main())
