"""The logger `chatroutes`: a DEBUG line per attempt and a WARNING per retry, without bodies and keys."""

from __future__ import annotations

import logging
import os
from typing import Final

logger: Final = logging.getLogger("chatroutes")
logger.addHandler(logging.NullHandler())


def configure_from_environment() -> None:
    """Log to stderr if the environment variable CHATROUTES_LOG is `debug` or `info`."""
    level = {"debug": logging.DEBUG, "info": logging.INFO}.get(
        os.environ.get("CHATROUTES_LOG", "").lower()
    )
    if level is None or any(handler.get_name() == _NAME for handler in logger.handlers):
        return
    handler = logging.StreamHandler()
    handler.set_name(_NAME)
    handler.setFormatter(logging.Formatter("%(asctime)s %(name)s %(levelname)s %(message)s"))
    logger.addHandler(handler)
    logger.setLevel(level)


_NAME: Final = "CHATROUTES_LOG"
