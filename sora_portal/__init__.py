"""The wiring of Sora Portal: settings, addresses, WSGI. Everything that thinks lives in `generations`."""
