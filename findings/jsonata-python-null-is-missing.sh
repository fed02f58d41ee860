#!/usr/bin/env bash
# jsonata-python: a null as an argument counts as none.
#
# Expected: null is a value: there is one, it is no number, and no text contains or is contained in it.
# Exits non-zero when what is seen changes.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check jsonata-python==0.7.1
npm install --silent --no-package-lock --prefix "$folder" jsonata@2.2.2 >"$folder/npm.log"

# An expression, what jsonata-python 0.7.1 gives, what the npm package jsonata 2.2.2 gives.
cat >"$folder/seen" <<'END'
$count(null) => 0 => 1
$sum(null) => null => raises
$contains(null, "a") => null => raises
END
cat >"$folder/one.py" <<'END'
import json, sys, jsonata
for line in open(sys.argv[1]):
    try:
        print(json.dumps(jsonata.Jsonata(line.split(" => ")[0]).evaluate({}), ensure_ascii=False))
    except Exception:
        print("raises")
END
cat >"$folder/two.cjs" <<'END'
const jsonata = require("jsonata");
(async () => {
  for (const line of require("fs").readFileSync(process.argv[2], "utf8").trim().split("\n")) {
    try {
      const value = await jsonata(line.split(" => ")[0]).evaluate({});
      console.log(value === undefined ? "null" : JSON.stringify(value));
    } catch (error) {
      console.log("raises");
    }
  }
})();
END
"$folder/venv/bin/python" "$folder/one.py" "$folder/seen" >"$folder/python"
(cd "$folder" && node two.cjs seen >node)
python3 --version
node --version
paste -d'|' <(sed 's/ => .*//' "$folder/seen") "$folder/python" "$folder/node" | sed 's/|/  python: /;s/|/  npm: /'
diff <(sed 's/.* => \(.*\) => .*/\1/' "$folder/seen") "$folder/python"
diff <(sed 's/.* => .* => //' "$folder/seen") "$folder/node"
