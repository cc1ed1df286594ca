"""The import paths of releases 0.1 and 0.2 for the classes of the resources."""

from .autobranch import AutoBranchResource as AutoBranchResource
from .branches import BranchesResource as BranchesResource
from .checkpoints import CheckpointsResource as CheckpointsResource
from .conversations import ConversationsResource as ConversationsResource
from .messages import MessagesResource as MessagesResource
