// Evaluates expressions with the reference implementation: node evaluate.cjs MODULES < asked > answers
// Asked is {"document", "moment", "expressions"}; an answer is {"value"}, {"undefined"}, {"raises"} or {"function"}.
const jsonata = require(require("path").join(process.argv[2], "jsonata"));
const { document, moment, expressions } = JSON.parse(require("fs").readFileSync(0, "utf8"));

const Clock = Date;
globalThis.Date = class extends Clock {
  constructor(...given) {
    given.length ? super(...given) : super(moment);
  }
};

function holds(value, what) {
  if (what(value)) return true;
  return value !== null && typeof value === "object" && Object.values(value).some((item) => holds(item, what));
}

const isFunction = (value) =>
  typeof value === "function" ||
  (value !== null && typeof value === "object" && (value._jsonata_lambda === true || value._jsonata_function === true));
const isNoNumber = (value) => typeof value === "number" && !Number.isFinite(value);

async function answer(expression) {
  let value;
  try {
    value = await jsonata(expression).evaluate(structuredClone(document));
  } catch (error) {
    return { raises: error.code || error.constructor.name };
  }
  if (value === undefined) return { undefined: true };
  if (holds(value, isFunction)) return { function: true };
  if (holds(value, isNoNumber)) return { value: String(value), finite: false };
  return { value };
}

(async () => {
  for (const expression of expressions) {
    console.log(JSON.stringify(await answer(expression)));
  }
})();
