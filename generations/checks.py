"""Settings that cost money or safety when wrong stop the start, with an id and a hint."""
