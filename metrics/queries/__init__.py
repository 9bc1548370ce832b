"""The numbers of domain.md §5 and the rounds behind them.

`accounts` is always what the asker may see; `account` (a key), `platform` and `agent` narrow it. With `agent`
the figures are that agent's own: the rounds they ended, on their clock. Periods are half-open, by the round's
start. `summary` and `rounds` read rounds; `hours` and `totals` what was added up; `now`, `waiting` and `agents_now`
what is open.
"""

from metrics.queries.added_up import hours, totals
from metrics.queries.live import agents_now, now, waiting
from metrics.queries.period import rounds, summary

__all__ = ["agents_now", "hours", "now", "rounds", "summary", "totals", "waiting"]
