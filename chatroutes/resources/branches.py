"""The import path of releases 0.1 and 0.2 for the class of `client.branches`."""

from .._sync.resources.branches import Branches

BranchesResource = Branches
