"""`python -m tests.support.setup`: get what the tests need beyond Python packages, or say what to install."""

import sys

from tests.support import chromium


def main() -> int:
    """Set up; the exit code."""
    try:
        path = chromium.set_up()
    except chromium.MissingError as error:
        print(error, file=sys.stderr)
        return 1
    print(f"Tests use {path}.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
