// The baseline of the benchmarks in Node: sample.py with undici and better-sqlite3. install.sh installs what it needs.
// --mode pages asks for one page while the one before is stored; --mode slices keeps 8 requests under way.
import fs from 'node:fs';
import path from 'node:path';
import { performance } from 'node:perf_hooks';
import { parseArgs } from 'node:util';
import Database from 'better-sqlite3';
import { Pool } from 'undici';
import { parse } from 'yaml';

const CONNECTIONS = 8;
const KEYS = ['BUILDING_ID', 'SITE_ID', 'GROUP_ID', 'GRANULARITY', 'DATE_PARTITION', 'DATE_TIME_START'];

class Api {
  requests = 0;

  constructor(baseUrl) {
    this.pool = new Pool(baseUrl, { connections: CONNECTIONS });
  }

  async post(path, body) {
    const headers = { 'content-type': 'application/json', ...(this.session && { 'x-session-id': this.session }) };
    const answer = await this.pool.request({ method: 'POST', path, headers, body: JSON.stringify(body) });
    if (answer.statusCode !== 200) throw new Error(`HTTP ${answer.statusCode}: ${await answer.body.text()}`);
    return answer.body.json();
  }

  async login(api) {
    const answer = await this.post('/v2/oauth/token', {
      client_id: api.client_id,
      client_secret: api.client_secret,
      audience: api.audience ?? 'https://global-config.innerspace.io',
    });
    this.session = answer.session_id;
  }

  async rows(args, columns) {
    const query = `query Insights { BUILDING_INSIGHTS(${args}) { ${columns.join(' ')} } }`;
    const answer = await this.post('/v2/api', { operationName: 'Insights', variables: {}, query });
    if (answer.errors) throw new Error(`the API says: ${JSON.stringify(answer.errors)}`);
    this.requests += 1;
    return answer.data.BUILDING_INSIGHTS;
  }
}

function sqlite(file, columns) {
  const database = new Database(file);
  const metrics = columns.slice(KEYS.length);
  database.exec(`CREATE TABLE IF NOT EXISTS building_insights (BUILDING_ID INTEGER, SITE_ID INTEGER, GROUP_ID TEXT,
    GRANULARITY TEXT, DATE_PARTITION INTEGER, DATE_TIME_START TEXT, ${metrics.map((name) => `${name} REAL`).join(', ')},
    PRIMARY KEY (${KEYS.join(', ')}))`);
  const upsert = database.prepare(`INSERT INTO building_insights (${columns.join(', ')})
    VALUES (${columns.map((name) => `@${name}`).join(', ')}) ON CONFLICT (${KEYS.join(', ')})
    DO UPDATE SET ${metrics.map((name) => `${name} = excluded.${name}`).join(', ')}`);
  return database.transaction((rows) => {
    for (const row of rows) upsert.run(row);
  });
}

function quote(value) {
  const text = String(value ?? '');
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

function csv(directory, columns) {
  return (rows) => {
    const files = new Map();
    for (const row of rows) {
      const folder = path.join(directory, 'building_insights', `DATE_PARTITION=${row.DATE_PARTITION}`,
        `BUILDING_ID=${row.BUILDING_ID}`);
      if (!files.has(folder)) files.set(folder, []);
      files.get(folder).push(columns.map((name) => quote(row[name])).join(',') + '\r\n');
    }
    for (const [folder, lines] of files) {
      const file = path.join(folder, 'rows.csv');
      fs.mkdirSync(folder, { recursive: true });
      if (!fs.existsSync(file)) lines.unshift(columns.join(',') + '\r\n');
      fs.appendFileSync(file, lines.join(''));
    }
  };
}

const granularities = (job) => job.granularities ?? ['PT1H'];
const partition = (date) => date.replaceAll('-', '');

async function pages(api, job, columns, options, store) {
  const size = Number(options['page-size']);
  const order = ['DATE_PARTITION', 'SITE_ID', 'GROUP_ID', 'DATE_TIME_START'].map((name) => `{${name}: asc}`).join(', ');
  for (const building of job.buildings) {
    for (const granularity of granularities(job)) {
      const page = (offset) => api.rows(`where: {BUILDING_ID: {_eq: ${building.id}},
        GRANULARITY: {_eq: "${granularity}"},
        DATE_PARTITION: {_gte: ${partition(options.from)}, _lte: ${partition(options.until)}}},
        order_by: [${order}], limit: ${size}, offset: ${offset}`, columns);
      let rows = await page(0);
      for (let offset = size; rows.length === size; offset += size) {
        const next = page(offset);
        store(rows);
        rows = await next;
      }
      store(rows);
    }
  }
}

function* sliceArguments(job, options) {
  const days = [];
  for (let day = new Date(options.from); day <= new Date(options.until); day.setUTCDate(day.getUTCDate() + 1)) {
    days.push(partition(day.toISOString().slice(0, 10)));
  }
  for (const building of job.buildings)
    for (const site of building.sites)
      for (const group of building.groups)
        for (const granularity of granularities(job))
          for (const day of days)
            yield `where: {BUILDING_ID: {_eq: ${building.id}}, SITE_ID: {_eq: ${site}}, GROUP_ID: {_eq: "${group}"},
              GRANULARITY: {_eq: "${granularity}"}, DATE_PARTITION: {_eq: ${day}}}`;
}

async function slices(api, job, columns, options, store) {
  const all = sliceArguments(job, options);
  const worker = async () => {
    for (const args of all) store(await api.rows(args, columns));
  };
  await Promise.all(Array.from({ length: CONNECTIONS }, worker));
}

const usage = 'usage: sample.mjs BASE_URL JOB.yaml (--sqlite FILE | --csv DIR) --from DATE --until DATE'
  + ' --mode pages|slices [--page-size 10000]';
const text = { type: 'string' };
const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: { sqlite: text, csv: text, from: text, until: text, mode: text, 'page-size': { ...text, default: '10000' } },
});
const mode = { pages, slices }[options.mode];
if (positionals.length !== 2 || !mode || !options.from || !options.until || !options.sqlite === !options.csv) {
  console.error(usage);
  process.exit(2);
}
const begin = performance.now();
const [baseUrl, jobFile] = positionals;
const job = parse(fs.readFileSync(jobFile, 'utf8'));
const columns = [...KEYS, ...(job.columns ?? ['OCCUPANCY_MEAN'])];
const api = new Api(baseUrl);
await api.login(job.api);
const write = options.sqlite ? sqlite(options.sqlite, columns) : csv(options.csv, columns);
let count = 0;
await mode(api, job, columns, options, (rows) => {
  write(rows);
  count += rows.length;
});
await api.pool.close();
console.log(`${count} rows, ${api.requests} requests, ${((performance.now() - begin) / 1000).toFixed(3)} s`);
