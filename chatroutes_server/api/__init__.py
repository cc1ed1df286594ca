"""The endpoints of the contract, and how their requests and responses are read and written."""
