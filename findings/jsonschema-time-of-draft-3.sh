#!/usr/bin/env bash
# jsonschema: with a `FormatChecker()`, every `time` of RFC 3339 is wrong, and only those without an offset are right.
#
# Expected: in a schema of draft 2020-12, "08:30:06Z" is a `time` and "08:30:06" is none. The checker of that draft
# (`Draft202012Validator.FORMAT_CHECKER`) says so. A `FormatChecker()`, handed to a validator of whatever
# draft, holds the check of draft 3 under this name: it is registered last, and refuses what the spec asks for.
# Exits non-zero when what is seen changes.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check 'jsonschema[format-nongpl]==4.26.0' rfc3339-validator==0.1.4

cat >"$folder/try.py" <<'END'
from importlib.metadata import version

from jsonschema import Draft202012Validator, FormatChecker

print("jsonschema", version("jsonschema"))
checkers = {"FormatChecker()": FormatChecker(), "FORMAT_CHECKER": Draft202012Validator.FORMAT_CHECKER}
for name, checker in checkers.items():
    validator = Draft202012Validator({"format": "time"}, format_checker=checker)
    for text in ("08:30:06Z", "08:30:06+01:00", "08:30:06"):
        print(f"{name:15} {text:14} {validator.is_valid(text)}")
END
"$folder/venv/bin/python" "$folder/try.py" | tee "$folder/seen"
diff "$folder/seen" - <<'END'
jsonschema 4.26.0
FormatChecker() 08:30:06Z      False
FormatChecker() 08:30:06+01:00 False
FormatChecker() 08:30:06       True
FORMAT_CHECKER  08:30:06Z      True
FORMAT_CHECKER  08:30:06+01:00 True
FORMAT_CHECKER  08:30:06       False
END
