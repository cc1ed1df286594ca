"""What a client hands the text of each event to."""

from collections.abc import Callable
from typing import Any

Take = Callable[[Any], object]
