"""`python -m config.demo`; PORT, SANDBOX_PORT, DATA_DIR and VERBOSE=1 (every line) from the environment."""

import asyncio
import sys

from config.demo.plan import Plan, PlanError
from config.demo.run import run
from config.servers import ServerError


def main() -> int:
    """Run the demo until it is stopped; the exit code."""
    try:
        return asyncio.run(run(Plan.from_environment()))
    except (PlanError, ServerError) as error:
        print(error, file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
