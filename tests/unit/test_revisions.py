"""The migrations are one line of revisions: whoever has applied the last has applied all."""

from alembic.script import ScriptDirectory

from models.migrate import alembic_config


def test_there_is_exactly_one_newest_revision() -> None:
    revisions = ScriptDirectory.from_config(alembic_config())
    assert len(revisions.get_heads()) == 1
    assert len(revisions.get_bases()) == 1


def test_each_revision_comes_after_one_other() -> None:
    walked = list(ScriptDirectory.from_config(alembic_config()).walk_revisions())
    names = [each.revision for each in walked]
    assert names == sorted(names, reverse=True)
    assert [each.down_revision for each in walked] == [*names[1:], None]
