"""What instances wait for, each kind as a story that several releases may tell in turn.

A story is a generator. At each `yield` its instances rest, two hours pass, and whoever goes on with them may
be another release than the one before: `story.api` asks it. What it comes to is written out, and is the same
for every release.
"""

from inspect import isgeneratorfunction
from types import ModuleType

from tests.upgrade.stories import events, forgotten, held, moments, parts, people, queued, since, whole, work
from tests.upgrade.stories.story import Tale

Tales = dict[str, Tale]


def _told_in(*modules: ModuleType) -> Tales:
    return {
        f"{module.__name__.rpartition('.')[2]}.{name}": tale
        for module in modules
        for name, tale in vars(module).items()
        if isgeneratorfunction(tale) and not name.startswith("_")
    }


#: By name, such as `people.user_task`.
STORIES = _told_in(people, events, moments, parts, work, whole)

#: With an end that only the later release can tell.
SINCE = _told_in(since)

#: Of workers that die at the first rest; in this order, as each group needs workers that the next one stops.
FORGOTTEN, HELD, QUEUED = _told_in(forgotten), _told_in(held), _told_in(queued)
