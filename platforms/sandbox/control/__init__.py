"""The control API under /sandbox/api/: who is there, what they do, what goes wrong."""
