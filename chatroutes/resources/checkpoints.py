"""The import path of releases 0.1 and 0.2 for the class of `client.checkpoints`."""

from .._sync.resources.checkpoints import Checkpoints
from ..types import Checkpoint as Checkpoint
from ..types import CheckpointCreateRequest as CheckpointCreateRequest

CheckpointsResource = Checkpoints
