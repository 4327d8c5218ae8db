"""One file per verb: the only place where models, dialects and money meet."""
