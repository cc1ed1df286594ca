"""The import path of releases 0.1 and 0.2 for the types of checkpoints. The same types are in `chatroutes`."""

from chatroutes_wire.types import Checkpoint as Checkpoint
from chatroutes_wire.types import CheckpointListResponseData, CreateCheckpointRequest

CheckpointCreateRequest = CreateCheckpointRequest
CheckpointListResponse = CheckpointListResponseData
