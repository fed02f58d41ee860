#!/usr/bin/env bash
# npm jsonata: a regular expression that `$filter` is given looks in each item from its index on.
#
# Expected: each item that has an "a" is kept. The index, which a function may take as its second argument, is
# taken as the place in the text from which to look.
# Exits non-zero when what is seen changes.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check jsonata-python==0.7.1
npm install --silent --no-package-lock --prefix "$folder" jsonata@2.2.2 >"$folder/npm.log"

# An expression, what jsonata-python 0.7.1 gives, what the npm package jsonata 2.2.2 gives.
cat >"$folder/seen" <<'END'
$filter(["ab", "b", "ca", "ab"], /a/) => raises => "ab"
$filter(["ab", "b", "ca", "ab"], function($t) { $contains($t, /a/) }) => ["ab", "ca", "ab"] => ["ab","ca","ab"]
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
