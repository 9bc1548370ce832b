"""Adding up, and proving that what was added up is true."""

from metrics.services.difference import Difference
from metrics.services.rollups import add_up, rebuild
from metrics.services.verify import Report, verify

__all__ = ["Difference", "Report", "add_up", "rebuild", "verify"]
