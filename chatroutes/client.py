"""The import path of releases 0.1 and 0.2 for the client. The same class is in `chatroutes`."""

from ._sync.client import ChatRoutes as ChatRoutes
from .http_client import HttpClient as HttpClient
from .resources import AutoBranchResource as AutoBranchResource
from .resources import BranchesResource as BranchesResource
from .resources import CheckpointsResource as CheckpointsResource
from .resources import ConversationsResource as ConversationsResource
from .resources import MessagesResource as MessagesResource
