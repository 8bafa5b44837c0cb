"""Keep people in step with the facts: who is new, what messages say, who must stay erased, and everybody's figures."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pyarrow.parquet as pq
from django.conf import settings

from keepwell.lake.lake import Lake
from keepwell.lake.ledger import State
from keepwell.loop.customer_table import FILE, customer_table, write_customer_table
from keepwell.loop.facts import open_facts
from keepwell.web.people.consent import forget_traces
from keepwell.web.people.erasing import erase_again, ids_in
from keepwell.web.people.identities import bring_in
from keepwell.web.people.messages import read_messages
from keepwell.web.work.worker import Handler, Task

STATE = b"keepwell.imports"


def people(task: Task) -> Mapping[str, Any]:
    """Read messages; where the facts changed, erase again what came back, make new customers, and refresh figures."""
    said = read_messages()
    lake = Lake.create(settings.DATA.root)
    forget_traces()
    state = _state(lake)
    if not any(each is State.COMMITTED for _entry, each in lake.imports()):
        return {"messages": said}
    if state == _known_state() and not task.arguments.get("always"):
        return {"messages": said}
    again = erase_again()
    made = bring_in(ids_in(lake))
    with open_facts(settings.DATA.root) as opened:
        table = customer_table(opened, tell=task.tell)
    write_customer_table(table.replace_schema_metadata({STATE: state}), settings.DATA.marts)
    return {"messages": said, "erased_again": again, "new_customers": made, "figures": table.num_rows}


def _state(lake: Lake) -> bytes:
    """Return what tells one state of the lake from another: the imports that count."""
    return ",".join(f"{entry.import_id[:12]}{state}" for entry, state in lake.imports()).encode()


def _known_state() -> bytes:
    path = settings.DATA.marts / FILE
    if not path.exists():
        return b""
    return (pq.read_schema(path).metadata or {}).get(STATE, b"")


HANDLERS: Mapping[str, Handler] = {"people": people}
SCHEDULES: Mapping[str, int] = {"people": 60}
