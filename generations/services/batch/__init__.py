"""A CSV file of asks: read, resolved, priced, and only then made."""
