#!/usr/bin/env bash
# jsonata-python: `??` and `?:` change what stands on their left.
#
# Expected: `a ?? b` is `a` where that exists. Its left side is put into the tree twice, and each time that it is
# processed it changes: an index is taken twice, a minus sign is lost. The value is wrong and nothing fails.
# Exits non-zero when what is seen changes.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check jsonata-python==0.7.1
npm install --silent --no-package-lock --prefix "$folder" jsonata@2.2.2 >"$folder/npm.log"

# An expression, what jsonata-python 0.7.1 gives, what the npm package jsonata 2.2.2 gives.
cat >"$folder/seen" <<'END'
{"a": [1, 2]}.a[1] ?? 7 => 7 => 2
{"a": [1, 2]}.a[1] ?: "n" => "n" => 2
-5 ?? 2 => 5 => -5
({"a": [5, 6]}.a[1]) ?? 0 => 0 => 6
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
