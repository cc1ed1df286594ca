"""The import path of releases 0.1 and 0.2 for the class of `client.autobranch`."""

from .._sync.resources.autobranch import Autobranch

AutoBranchResource = Autobranch
