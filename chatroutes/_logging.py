"""The logger `chatroutes`: a DEBUG line per attempt and a WARNING per retry, without bodies and keys."""

from __future__ import annotations

import logging
import os
from typing import Final

logger: Final = logging.getLogger("chatroutes")
logger.addHandler(logging.NullHandler())


def configure_from_environment() -> None:
    """Log to stderr at the level that the environment variable CHATROUTES_LOG names, in any case.

    Another value is reported, and counts as `warning`.
    """
    if any(handler.get_name() == _NAME for handler in logger.handlers):
        return
    handler = logging.StreamHandler()
    handler.set_name(_NAME)
    handler.setFormatter(logging.Formatter("%(asctime)s %(name)s %(levelname)s %(message)s"))
    logger.addHandler(handler)
    value = os.environ.get("CHATROUTES_LOG", "").strip()
    level = _LEVELS.get(value.lower())
    logger.setLevel(logging.WARNING if level is None else level)
    if level is None:
        logger.warning(
            "CHATROUTES_LOG is %r, which is not a level. Set it to one of %s.",
            value,
            ", ".join(_LEVELS),
        )


_NAME: Final = "CHATROUTES_LOG"
_LEVELS: Final = {
    "debug": logging.DEBUG,
    "info": logging.INFO,
    "warning": logging.WARNING,
    "warn": logging.WARNING,
    "error": logging.ERROR,
    "critical": logging.CRITICAL,
}
