"""Run the command line as `python -m chatroutes`."""

from __future__ import annotations

import sys

from chatroutes_cli.main import main

sys.exit(main())
