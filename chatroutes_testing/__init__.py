"""The pytest plugin of ChatRoutes: a server of each test's own, and clients of it."""
