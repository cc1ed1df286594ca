"""One module per resource of the API: each method builds a request, sends it and returns the result."""
