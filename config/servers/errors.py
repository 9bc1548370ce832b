"""What can go wrong with an embedded server."""


class ServerError(RuntimeError):
    """An embedded server cannot be had; the text says why and what to do."""
