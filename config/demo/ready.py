"""Whether an HTTP server is there, asked with the standard library, which loads at once."""

from http.client import HTTPConnection, HTTPException
from urllib.parse import urlsplit

ANSWER_SECONDS = 5.0


def answers(url: str) -> bool:
    """Whether a GET of `url` is answered with 200, or the way to it."""
    parts = urlsplit(url)
    connection = HTTPConnection(parts.hostname or "", parts.port, timeout=ANSWER_SECONDS)
    try:
        connection.request("GET", parts.path or "/")
        return connection.getresponse().status in (200, 302, 307)
    except (OSError, HTTPException):
        return False
    finally:
        connection.close()
