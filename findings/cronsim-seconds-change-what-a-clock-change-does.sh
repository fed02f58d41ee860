#!/usr/bin/env bash
# cronsim: the same daily time written with seconds is skipped on one day of the year and doubled on another.
#
# Expected: "30 2 * * *" and "0 30 2 * * *" both say 02:30:00 each day. Seen in Berlin: on 29 March 2026, when
# 02:00 to 03:00 is left out, the line of five fields fires at 03:00, and the line of six fields not at all that
# day; on 25 October, when 02:00 to 03:00 comes twice, the first fires once and the second in both passes. The
# care that the library takes for fixed times (as Debian's cron does) holds for five fields only, so adding
# "0 " in front of a nightly job loses it once a year in silence, and runs it twice half a year later.
#
# Around it: ask the library without a zone, and map the wall clock's times to the zone yourself.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q --disable-pip-version-check cronsim==2.8 tzdata==2026.6
"$folder/venv/bin/python" - <<'PYTHON'
import sys
from datetime import UTC, datetime
from importlib.metadata import version
from itertools import islice
from zoneinfo import ZoneInfo

from cronsim import CronSim

berlin = ZoneInfo("Europe/Berlin")
print("cronsim", version("cronsim"), "Python", sys.version.split()[0])
seen = {}
for day in (datetime(2026, 3, 28, 12, tzinfo=berlin), datetime(2026, 10, 24, 12, tzinfo=berlin)):
    for line in ("30 2 * * *", "0 30 2 * * *"):
        times = [f"{each.astimezone(UTC):%d %H:%MZ}" for each in islice(CronSim(line, day), 2)]
        seen[day.month, line] = times
        print(f"{day:%d %B}, {line!r}: next two are {times}")
right = {
    (3, "30 2 * * *"): ["29 01:00Z", "30 00:30Z"],
    (3, "0 30 2 * * *"): ["30 00:30Z", "31 00:30Z"],
    (10, "30 2 * * *"): ["25 00:30Z", "26 01:30Z"],
    (10, "0 30 2 * * *"): ["25 00:30Z", "25 01:30Z"],
}
sys.exit(0 if seen == right else 1)
PYTHON
