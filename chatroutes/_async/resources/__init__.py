"""One module per resource of the API. A method builds a request, sends it and returns the result."""
