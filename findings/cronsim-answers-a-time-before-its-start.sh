#!/usr/bin/env bash
# cronsim, asked for what comes next from within the hour that comes twice, answers a time that is over.
#
# Expected: an iterator that "starts at" a moment gives moments after it. At 02:10 of the second pass (fold=1,
# 01:10 UTC) on 25 October 2026 in Berlin, the next 02:30 that a line "30 2 * * *" fires at is on 26 October
# (or, if both passes counted, 20 minutes later). Seen: 02:30 of the FIRST pass, 00:30 UTC, 40 minutes before
# the start. Whoever computes the next run from "now" and runs what is due runs the job again at once, and
# again each time it asks, for as long as the second pass lasts. The reason: for lines with a fixed minute and
# hour the library takes the zone off (fold with it), counts on the wall clock and puts the zone on with fold=0.
#
# Around it: compare `found.astimezone(UTC) > start.astimezone(UTC)` and take the next one until that is so;
# `found > start` does not help, because two aware times of one zone compare by the wall clock.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q --disable-pip-version-check cronsim==2.8 tzdata==2026.6
"$folder/venv/bin/python" - <<'PYTHON'
import sys
from datetime import UTC, datetime
from importlib.metadata import version
from zoneinfo import ZoneInfo

from cronsim import CronSim

berlin = ZoneInfo("Europe/Berlin")
start = datetime(2026, 10, 25, 2, 10, tzinfo=berlin, fold=1)
found = next(CronSim("30 2 * * *", start))
print("cronsim", version("cronsim"), "Python", sys.version.split()[0])
print("asked from", start.astimezone(UTC).isoformat(), "(second pass of 02:10)")
print("answered  ", found.astimezone(UTC).isoformat())
before = found.astimezone(UTC) < start.astimezone(UTC)
print("the answer is before the start:", before, "- and `found > start` says", found > start)
sys.exit(0 if before and found > start else 1)
PYTHON
