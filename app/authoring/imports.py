"""Publishes a folder of BPMN files, as far as possible, for a team that comes from another engine.

The files are published together, so that they may call each other in any order; a file of which a process
is refused is left out as a whole, and so is then one that calls it.
"""

import re
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from app.administration.organizations import require_organization
from app.authoring.compiler import Compiler, problem_json
from app.authoring.publishing import Compiled, PublishedVersion, flow_of, link_all, publish_together
from app.authoring.sources import Source, read_bpmn
from models.db import Database
from models.errors import Unprocessable
from workers.flow.problem import Problem, quoted

Outcome = Literal["published", "refused"]

_BPMN = b"http://www.omg.org/spec/BPMN/20100524/MODEL"
_NAMED = frozenset({"EXTENSION_IGNORED", "FORM_NOT_IMPORTED", "LISTENER_SKIPPED", "NOT_SUPPORTED"})
"""Codes that do not tell the cause alone: the name with which the message begins belongs to it."""


@dataclass(slots=True)
class ImportedFile:
    """A file of a folder, and what became of it."""

    path: str
    sources: list[Source] = field(default_factory=list)
    compiled: list[Compiled] = field(default_factory=list)
    versions: list[PublishedVersion] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)

    @property
    def outcome(self) -> Outcome:
        return "refused" if any(each.severity == "error" for each in self.problems) else "published"

    def json(self, *, dry_run: bool) -> dict[str, Any]:
        """The file as the command prints it; a dry run made no flows."""
        ids = [source.bpmn_id for source in self.sources]
        flows = [
            {"bpmnId": id_, "processId": each.process_id, "versionNumber": each.version_number}
            for id_, each in zip(ids, self.versions, strict=False)
        ]
        return {
            "file": self.path,
            "outcome": self.outcome,
            "processes": ids,
            "flows": [] if dry_run else flows,
            "problems": [problem_json(each) for each in self.problems],
        }


class _Again(Exception):
    """Rolls the transaction back: one of the files is refused."""


class _DryRun(Exception):
    """Rolls the transaction back: this is a dry run."""


def read_folder(
    folder: Path,
    compiler: Compiler,
    options: Mapping[str, str],
    time_zone: str,
    *,
    progress: Callable[[str], None],
) -> list[ImportedFile]:
    """The BPMN files in a folder and those below it, by name; `progress` is told each one."""
    files: list[ImportedFile] = []
    first: dict[str, str] = {}
    for path in _paths(folder):
        name = str(path.relative_to(folder))
        progress(name)
        file = _read(path, name, compiler, options, time_zone)
        for source in file.sources:
            known = first.setdefault(source.bpmn_id or "", file.path)
            if known != file.path:
                message = f"The process {quoted(source.bpmn_id or '')} is in {quoted(known)} already."
                file.problems.append(Problem(None, "DUPLICATE_PROCESS", message, "error", ""))
        files.append(file)
    return files


def _paths(folder: Path) -> Iterator[Path]:
    for path in sorted(folder.rglob("*")):
        named = path.suffix.lower() in {".bpmn", ".xml"} and path.is_file()
        # Other XML lies beside the processes of a project.
        if named and (path.name.lower().endswith((".bpmn", ".bpmn20.xml")) or _BPMN in path.read_bytes()):
            yield path


def _read(
    path: Path, name: str, compiler: Compiler, options: Mapping[str, str], time_zone: str
) -> ImportedFile:
    file = ImportedFile(name)
    try:
        file.sources = read_bpmn(path.read_bytes(), options)
    except Unprocessable as error:
        file.problems.append(Problem(None, error.code or "INVALID_BPMN", error.detail, "error", ""))
    for source in file.sources:
        graph, problems = compiler.compile(source, time_zone)
        file.problems += problems
        if graph is not None:
            file.compiled.append(Compiled(source, graph, problems))
    return file


def publish_files(
    database: Database,
    files: Sequence[ImportedFile],
    *,
    organization_id: str,
    environments: Collection[str] | None,
    time_zone: str,
    dry_run: bool,
) -> None:
    """Publishes the files that are not refused, all of them in one transaction; each then has its versions.

    `time_zone` is what they were read with, and `environments` as for one flow.

    Raises:
        NotFound: there is no such organization.
    """
    while good := [file for file in files if file.outcome == "published"]:
        try:
            with database.writing() as session:
                require_organization(session, organization_id, lock=True)
                compiled = [(file, each) for file in good for each in file.compiled]
                flows = [
                    flow_of(database, session, organization_id, each.source, Path(file.path).stem)
                    for file, each in compiled
                ]
                linked = link_all(database, session, flows, [each for _, each in compiled], environments)
                for (file, _), each in zip(compiled, linked, strict=True):
                    file.problems += [problem for problem in each.problems if problem.severity == "error"]
                if any(file.outcome == "refused" for file in good):
                    raise _Again
                versions = publish_together(database, session, linked, environments, time_zone)
                for file in good:
                    file.versions, file.problems = [], []
                for (file, _), version in zip(compiled, versions, strict=True):
                    file.versions.append(version)
                    file.problems += version.warnings
                if dry_run:
                    raise _DryRun
        except _Again:
            continue
        except _DryRun:
            pass
        return


def save_drafts(database: Database, files: Sequence[ImportedFile], *, organization_id: str) -> None:
    """Makes drafts of the processes of the files that are refused, as far as they could be read."""
    with database.writing() as session:
        require_organization(session, organization_id, lock=True)
        for file in files:
            for source in file.sources if file.outcome == "refused" else ():
                flow_of(database, session, organization_id, source, Path(file.path).stem)


def causes(files: Sequence[ImportedFile]) -> list[dict[str, Any]]:
    """What was refused or warned of, by cause: how often, and in how many files; errors first."""
    times: Counter[tuple[str, str]] = Counter()
    within: Counter[tuple[str, str]] = Counter()
    for file in files:
        found = [(each.severity, _cause(each)) for each in file.problems]
        times.update(found)
        within.update(set(found))
    rows = [
        {"severity": severity, "cause": cause, "count": count, "files": within[severity, cause]}
        for (severity, cause), count in times.items()
    ]
    return sorted(rows, key=lambda row: (row["severity"], -row["files"], -row["count"], row["cause"]))


def report(files: Sequence[ImportedFile]) -> str:
    """What became of each file, and a table of the causes."""
    lines = []
    for file in files:
        errors = [each for each in file.problems if each.severity == "error"]
        warnings = len(file.problems) - len(errors)
        told = f", {warnings} warning{'s' * (warnings > 1)}" if warnings and not errors else ""
        lines.append(f"{file.outcome:9} {file.path}{told}")
        lines += [f"          {each.node_id or 'file'}: {each.message} ({each.code})" for each in errors]
    refused = sum(file.outcome == "refused" for file in files)
    warned = sum(file.outcome == "published" and bool(file.problems) for file in files)
    published = len(files) - refused
    counted = f"{published} published, {warned} of them with warnings, {refused} refused"
    lines += ["", f"{len(files)} files: {counted}."]
    rows = causes(files)
    if rows:
        lines += ["", f"{'':8} {'files':>5} {'times':>5}  cause"]
        lines += [f"{row['severity']:8} {row['files']:>5} {row['count']:>5}  {row['cause']}" for row in rows]
    return "\n".join(lines)


def _cause(problem: Problem) -> str:
    named = re.search(r"^The (\w+) `|`([^`]*)`", problem.message) if problem.code in _NAMED else None
    name = named and (named[1] or named[2])
    return f"{problem.code} {name[:60]}" if name else problem.code
