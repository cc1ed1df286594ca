"""The pytest plugin of ChatRoutes: fixtures with a server for each test, and clients."""
