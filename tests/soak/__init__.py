"""Killing a portal at random for minutes while people ask for videos and the provider misbehaves: `make soak`."""
