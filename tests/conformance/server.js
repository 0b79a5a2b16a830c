// A second stand-in for the API, on the reference implementation of GraphQL: what it accepts is GraphQL, whatever our own
// simulator thinks. Its schema has the shape that Hasura v2 gives a table. Prints its port, ends when its standard input does.
//
// Switches: --no-introspection, --no-aggregates, --documented (only what the public sample shows), --row-cap N (no answer
// has more rows), --log FILE (one JSON object a query: its text, and the errors of parsing and validation).
"use strict";

const fs = require("fs");
const http = require("http");
const path = require("path");

// Beside this file, in NODE_PATH, or where Debian has it.
function load(name) {
  for (const place of [name, "/usr/share/nodejs/" + name]) {
    try {
      return require(place);
    } catch (error) {
      if (error.code !== "MODULE_NOT_FOUND") throw error;
    }
  }
  console.error(`the module ${name} is missing: apt-get install node-${name}, or npm install in tests/conformance`);
  return process.exit(77);
}

const graphql = load("graphql");
const has = (name) => process.argv.includes("--" + name);
const after = (name) => process.argv[process.argv.indexOf("--" + name) + 1];
const SESSION = "conformance-session";
const documented = has("documented");
const cap = has("row-cap") ? Number(after("row-cap")) : Infinity;

const INSIGHTS = { DATE_PARTITION: "Int", BUILDING_ID: "Int", SITE_ID: "Int", GROUP_ID: "String", GRANULARITY: "String",
  DATE_TIME_START: "timestamptz", OCCUPANCY_MEAN: "Float" };
const TABLES = {
  BUILDING_INSIGHTS: INSIGHTS,
  ZONE_INSIGHTS: { ...INSIGHTS, ZONE_ID: "Int" },
  SITE: { ID: "Int", SITE_CODE: "String", BUILDING_ID: "Int", FLOOR_ID: "Int", ALTITUDE: "Float", LATITUDE: "Float",
    LONGITUDE: "Float", TIME_ZONE: "String" },
  FLOOR: { ID: "Int", FLOOR_CODE: "String", BUILDING_ID: "Int", LEVEL: "Int", NAME: "String", TIME_ZONE: "String" },
};

// --- the schema

function comparison(scalar) {
  if (documented) return `input ${scalar}_comparison_exp { _eq: ${scalar} }`;
  const single = ["_eq", "_neq", "_gt", "_lt", "_gte", "_lte"].map((name) => `${name}: ${scalar}`);
  return `input ${scalar}_comparison_exp { ${single.join(" ")} _in: [${scalar}!] _nin: [${scalar}!] _is_null: Boolean }`;
}

function table(name, columns) {
  const entries = Object.entries(columns);
  const logic = documented ? "" : `_and: [${name}_bool_exp!] _or: [${name}_bool_exp!] _not: ${name}_bool_exp`;
  return `
    type ${name} { ${entries.map(([column, scalar]) => `${column}: ${scalar}`).join(" ")} }
    input ${name}_bool_exp { ${logic} ${entries.map(([column, scalar]) => `${column}: ${scalar}_comparison_exp`).join(" ")} }
    input ${name}_order_by { ${entries.map(([column]) => `${column}: order_by`).join(" ")} }
    type ${name}_aggregate_fields { count: Int! }
    type ${name}_aggregate { aggregate: ${name}_aggregate_fields }`;
}

function rootFields(name) {
  const order = documented ? `${name}_order_by` : `[${name}_order_by!]`;
  const page = documented ? "" : "limit: Int, offset: Int,";
  const rows = `${name}(${page} where: ${name}_bool_exp, order_by: ${order}): [${name}!]!`;
  const count = `${name}_aggregate(where: ${name}_bool_exp): ${name}_aggregate!`;
  return documented || has("no-aggregates") ? rows : rows + "\n" + count;
}

const schema = graphql.buildSchema(`
  schema { query: query_root }
  scalar timestamptz
  enum order_by { asc desc }
  ${["Int", "String", "Float", "timestamptz"].map(comparison).join("\n")}
  ${Object.entries(TABLES).map(([name, columns]) => table(name, columns)).join("\n")}
  type query_root { ${Object.keys(TABLES).map(rootFields).join("\n")} }`);

// --- the data: all a function of its key

const GROUPS = JSON.parse(fs.readFileSync(path.join(__dirname, "groups.json"), "utf8"));
const SITES = [[71, 900000222], [71, 900000223], [72, 5], [72, 6], [72, 7]];
const two = (number) => String(number).padStart(2, "0");

function* insights(zones) {
  for (let day = 1; day <= 10; day++)
    for (const [building, site] of SITES)
      for (const group of GROUPS)
        for (const granularity of ["PT1H", "P1D"])
          for (let hour = 0; hour < (granularity === "P1D" ? 1 : 24); hour++)
            for (const zone of zones)
              yield { DATE_PARTITION: 20250500 + day, BUILDING_ID: building, SITE_ID: site, GROUP_ID: group,
                GRANULARITY: granularity, DATE_TIME_START: `2025-05-${two(day)}T${two(hour)}:00:00Z`,
                OCCUPANCY_MEAN: (day * 31 + site + hour * 7 + zone) % 100 / 4, ZONE_ID: zone };
}

const DATA = {
  BUILDING_INSIGHTS: [...insights([0])],
  ZONE_INSIGHTS: [...insights([1, 2, 3])],
  SITE: SITES.map(([building, site]) => ({ ID: site, SITE_CODE: "S" + site, BUILDING_ID: building, FLOOR_ID: site + 1,
    ALTITUDE: 1.5, LATITUDE: 43.7, LONGITUDE: -79.4, TIME_ZONE: "UTC" })),
  FLOOR: SITES.map(([building, site]) => ({ ID: site + 1, FLOOR_CODE: "F" + site, BUILDING_ID: building, LEVEL: 2,
    NAME: "Floor \"of\" " + site, TIME_ZONE: "UTC" })),
};

const OPERATORS = {
  _eq: (a, b) => a === b, _neq: (a, b) => a !== b, _gt: (a, b) => a > b, _lt: (a, b) => a < b, _gte: (a, b) => a >= b,
  _lte: (a, b) => a <= b, _in: (a, b) => b.includes(a), _nin: (a, b) => !b.includes(a),
  _is_null: (a, b) => (a === null) === b,
};

function matches(row, where) {
  return Object.entries(where || {}).every(([name, value]) => {
    if (name === "_and") return value.every((one) => matches(row, one));
    if (name === "_or") return value.some((one) => matches(row, one));
    if (name === "_not") return !matches(row, value);
    return Object.entries(value).every(([operator, operand]) => OPERATORS[operator](row[name], operand));
  });
}

// order_by is a list of one-key objects; several keys in one object would have no precedence, so they are an error.
function compare(order) {
  const keys = [order || []].flat().map((one) => {
    if (Object.keys(one).length !== 1) throw new Error("order_by with several keys in one object");
    return Object.entries(one)[0];
  });
  return (a, b) => {
    for (const [name, direction] of keys)
      if (a[name] !== b[name]) return (a[name] < b[name]) === (direction === "asc") ? -1 : 1;
    return 0;
  };
}

// All rows of a table in an order, sorted once: a server that is slow makes the tests fail on a busy machine.
const sorted = new Map();
function inOrder(name, order) {
  const key = name + JSON.stringify(order);
  if (!sorted.has(key)) sorted.set(key, [...DATA[name]].sort(compare(order)));
  return sorted.get(key);
}

function page(rows, where, offset, most) {
  const found = [];
  for (let at = 0, passed = 0; at < rows.length && found.length < most; at++)
    if (matches(rows[at], where) && passed++ >= offset) found.push(rows[at]);
  return found;
}

const root = {};
for (const name of Object.keys(TABLES)) {
  root[name] = ({ where, order_by, limit = Infinity, offset = 0 }) =>
    page(inOrder(name, order_by), where, offset, Math.min(limit, cap));
  root[name + "_aggregate"] = ({ where }) =>
    ({ aggregate: { count: DATA[name].filter((row) => matches(row, where)).length } });
}

// --- the server

function failed(errors) { // as Hasura v2: no data, HTTP 200
  return { errors: errors.map(({ message }) => ({ message, extensions: { path: "$", code: "validation-failed" } })) };
}

function answer({ query, operationName, variables }) {
  let errors = [];
  let document;
  try {
    document = graphql.parse(query);
    const rules = has("no-introspection") ? [...graphql.specifiedRules, graphql.NoSchemaIntrospectionCustomRule] : undefined;
    errors = graphql.validate(schema, document, rules);
  } catch (error) {
    errors = [error];
  }
  if (process.argv.includes("--log"))
    fs.appendFileSync(after("log"), JSON.stringify({ query, errors: errors.map(({ message }) => message) }) + "\n");
  if (errors.length > 0) return failed(errors);
  const result = graphql.executeSync({ schema, document, rootValue: root, operationName, variableValues: variables });
  return result.errors ? failed(result.errors) : result;
}

const server = http.createServer((request, response) => {
  const chunks = [];
  request.on("data", (chunk) => chunks.push(chunk));
  request.on("end", () => {
    const body = JSON.parse(Buffer.concat(chunks).toString("utf8"));
    const login = request.url === "/v2/oauth/token";
    const known = login || request.headers["x-session-id"] === SESSION;
    response.writeHead(known ? 200 : 401, { "Content-Type": "application/json" });
    response.end(JSON.stringify(login ? { session_id: SESSION } : known ? answer(body) : {}));
  });
});

server.listen(0, "127.0.0.1", () => console.log(server.address().port));
process.stdin.resume();
process.stdin.on("end", () => process.exit(0));
