-- The rows of the PostgreSQL destination: what all datasets share. The tables of a dataset (DATASET_rows, _days,
-- _strays, _vanished) and its views are made when a job first names it, the columns of the job when their first value
-- comes (lib/sink/postgres_tables.c, postgres_columns.c).

CREATE TABLE row_datasets (
    dataset text   PRIMARY KEY,
    keys    text   NOT NULL, -- the extra keys, separated by blanks
    version bigint NOT NULL DEFAULT 0 -- counted up when its columns change
);

-- The columns of the datasets in the order in which jobs first named them. kind says what DATASET_rows has for one:
--   none    no column: every value so far is null
--   number  double precision
--   text    text
--   json    jsonb
--   key     text: an extra key; 'n' and digits, or 's' and a text
-- What a value of another kind is, is kept in the column "more" of its row, a jsonb object by column. exact: integers
-- are among them that no double precision holds; mixed: values of other kinds are.
CREATE TABLE row_columns (
    dataset  text    NOT NULL,
    position integer NOT NULL,
    name     text    NOT NULL,
    kind     text    NOT NULL,
    exact    boolean NOT NULL DEFAULT false,
    mixed    boolean NOT NULL DEFAULT false,
    late     boolean NOT NULL DEFAULT false, -- the views were there before it: it stands behind all others
    PRIMARY KEY (dataset, name)
);

-- DATE_TIME_START is stored as a number and given back character for character: to_char by format of start + utc_offset,
-- or, where format is null, the seconds and suffix.
CREATE TABLE spellings (
    spelling_id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    pattern     text    NOT NULL, -- as SQLite's strftime has it
    zone_known  boolean NOT NULL,
    utc_offset  integer NOT NULL, -- seconds east, as written
    format      text,
    suffix      text    NOT NULL,
    UNIQUE (pattern, zone_known, utc_offset)
);

-- The starts that no pattern gives back (a fraction of a second): kept as text. A row has minus their id as its start.
CREATE TABLE odd_starts (
    odd_id     bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    text       text    NOT NULL UNIQUE,
    seconds    bigint  NOT NULL,
    zone_known boolean NOT NULL
);

-- The latest flush of each run: written in the transaction of its rows, and read when it is not known whether that
-- transaction was committed.
CREATE TABLE flushes (
    run_id     text        PRIMARY KEY,
    number     bigint      NOT NULL,
    flushed_at timestamptz NOT NULL DEFAULT now()
);

-- What a run changes of tables and views as it goes on is changed by functions that act as the owner of the schema: so
-- the program can run as a role that has no other right to change one (roles.sql).
CREATE FUNCTION is_table_of_rows(table_name text) RETURNS boolean
LANGUAGE sql STABLE AS
$$SELECT EXISTS (SELECT FROM row_datasets d WHERE table_name IN (d.dataset || '_rows', d.dataset || '_days'))$$;

-- Adds a column of values to a table of ours.
CREATE FUNCTION add_column(table_name text, column_name text, type_name text) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
BEGIN
    IF NOT is_table_of_rows(table_name) OR type_name NOT IN ('double precision', 'text', 'jsonb') THEN
        RAISE EXCEPTION 'no table of rows is called % or may have a column of type %', table_name, type_name;
    END IF;
    EXECUTE format('ALTER TABLE %I ADD COLUMN %I %s', table_name, column_name, type_name);
END $$;

-- Makes the partition of one month, YYYYMM, of a table of ours. Attaching it, unlike CREATE TABLE ... PARTITION OF, lets
-- others go on reading and writing. Several callers at once make it once.
CREATE FUNCTION make_month(parent text, month integer) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
DECLARE
    part  text := parent || '_' || month;
    until integer := CASE WHEN month % 100 = 12 THEN month + 89 ELSE month + 1 END;
BEGIN
    IF NOT is_table_of_rows(parent) THEN
        RAISE EXCEPTION 'no table of rows is called %', parent;
    END IF;
    PERFORM pg_advisory_xact_lock(hashtext('occuport months'), hashtext(current_schema()));
    IF to_regclass(quote_ident(part)) IS NULL THEN
        EXECUTE format('CREATE TABLE %I (LIKE %I INCLUDING ALL)', part, parent);
        EXECUTE format('ALTER TABLE %I ATTACH PARTITION %I FOR VALUES FROM (%s) TO (%s)', parent, part, month * 100 + 1,
            until * 100 + 1);
    END IF;
END $$;

-- Of a DATE_PARTITION.
CREATE FUNCTION partition_date(partition integer) RETURNS date
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
$$SELECT make_date(partition / 10000, partition / 100 % 100, partition % 100)$$;

-- How many rows each slice holds, of all datasets: made anew when one comes.
CREATE VIEW slice_rows AS
SELECT NULL::text AS dataset, NULL::integer AS series_id, NULL::integer AS date_partition, NULL::integer AS row_count
WHERE false;

CREATE VIEW completeness AS
WITH slices AS ( -- a slice that two jobs promise is told once
    SELECT s.job, s.series_id, b.building_id, d.day::integer AS day
    FROM coverage_series s
    JOIN series n ON n.series_id = s.series_id
    JOIN coverage_buildings b ON b.job = s.job AND b.building_id = n.building_id
    CROSS JOIN LATERAL generate_series(b.first_day::integer, b.end_day::integer - 1) AS d (day)
    WHERE NOT EXISTS (
        SELECT 1 FROM coverage_series o
        JOIN coverage_buildings c ON c.job = o.job AND c.building_id = b.building_id
        WHERE o.series_id = s.series_id AND o.job < s.job AND d.day >= c.first_day AND d.day < c.end_day)
),
known AS (
    SELECT s.*, to_char(date '1970-01-01' + s.day, 'YYYYMMDD')::integer AS date_partition FROM slices s
)
SELECT n.building_id, n.site_id, n.group_id, n.granularity, k.date_partition,
    CASE
        WHEN EXISTS (SELECT 1 FROM ledger_failures f WHERE f.series_id = k.series_id AND f.day = k.day) THEN 'failed'
        WHEN l.series_id IS NULL THEN 'missing'
        WHEN l.settled::integer = 1 AND NOT EXISTS ( -- a job that promises it wants columns that it was not fetched with
            SELECT 1 FROM coverage_series s
            JOIN coverage_buildings b ON b.job = s.job AND b.building_id = k.building_id
            WHERE s.series_id = k.series_id AND k.day >= b.first_day AND k.day < b.end_day
            AND b.columns_id <> l.columns_id AND NOT EXISTS (
                SELECT 1 FROM column_set_covers v WHERE v.columns_id = l.columns_id AND v.wanted_id = b.columns_id))
            THEN 'settled'
        ELSE 'open'
    END AS state,
    CASE WHEN l.series_id IS NOT NULL THEN coalesce((
        SELECT c.row_count FROM slice_rows c
        WHERE c.dataset = n.dataset AND c.series_id = k.series_id AND c.date_partition = k.date_partition), 0)
    END AS row_count,
    -- A settled slice was fetched at or after this: settled neighbours share the oldest time, which can lie before the day.
    CASE WHEN l.settled::integer = 1 THEN greatest(l.fetched_at, to_timestamp(k.day * 86400.0))
        ELSE l.fetched_at
    END AS fetched_at,
    CASE CASE -- lib/store/spans.h, enum span_proof
        WHEN l.proof_days IS NULL THEN l.proofs::integer
        ELSE get_byte(l.proof_days, (k.day - l.first_day::integer) / 2) >> (4 - (k.day - l.first_day::integer) % 2 * 4) & 15
    END
        WHEN 1 THEN 'count' WHEN 2 THEN 'empty page' WHEN 4 THEN 'short page' WHEN 8 THEN 'calendar'
        ELSE CASE WHEN l.proofs <> 0 THEN 'several' END
    END AS proof,
    n.dataset
FROM known k
JOIN series n ON n.series_id = k.series_id
LEFT JOIN LATERAL (
    SELECT * FROM (
        SELECT * FROM ledger_spans s WHERE s.series_id = k.series_id AND s.first_day <= k.day
        ORDER BY s.first_day DESC LIMIT 1) s
    WHERE s.end_day > k.day) l ON true;

-- Makes a view, or makes it anew. What it has beside new columns at its end stays as it is; otherwise it is dropped and
-- made again, with the rights that were granted on it. mark: its comment; NULL: none. Fails where views of others depend on a column that changes.
CREATE FUNCTION put_view(view_name text, query text, mark text) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
DECLARE
    rights text[];
    one    text;
BEGIN
    IF view_name NOT LIKE 'occupancy\_%' AND NOT EXISTS (
        SELECT FROM row_datasets d WHERE view_name IN (d.dataset, d.dataset || '_named', d.dataset || '_daily')) THEN
        RAISE EXCEPTION 'no view of ours is called %', view_name;
    END IF;
    IF position(';' IN query) > 0 THEN -- it would be a second statement, which the owner would run
        RAISE EXCEPTION 'a view is one query';
    END IF;
    BEGIN
        EXECUTE format('CREATE OR REPLACE VIEW %I AS %s', view_name, query);
    EXCEPTION WHEN invalid_table_definition THEN
        SELECT array_agg(format('GRANT %s ON %I TO %s', a.privilege_type, view_name,
            CASE WHEN a.grantee = 0 THEN 'PUBLIC' ELSE a.grantee::regrole::text END))
        INTO rights
        FROM pg_class c CROSS JOIN LATERAL aclexplode(c.relacl) a
        WHERE c.oid = to_regclass(quote_ident(view_name)) AND a.grantee <> c.relowner;
        EXECUTE format('DROP VIEW %I', view_name);
        EXECUTE format('CREATE VIEW %I AS %s', view_name, query);
    END;
    IF mark IS NOT NULL THEN
        EXECUTE format('COMMENT ON VIEW %I IS %L', view_name, mark);
    END IF;
    FOREACH one IN ARRAY coalesce(rights, '{}') LOOP
        EXECUTE one;
    END LOOP;
    -- A view works with the rights of its owner: it must give the caller nothing to read that is not his, and nothing
    -- to write at all. What the server itself holds has no pg_depend.
    IF EXISTS (
        SELECT FROM pg_rewrite r JOIN pg_depend d ON d.classid = 'pg_rewrite'::regclass AND d.objid = r.oid
        WHERE r.ev_class = to_regclass(quote_ident(view_name)) AND d.refclassid = 'pg_class'::regclass
        AND d.refobjid <> r.ev_class AND NOT has_table_privilege(session_user, d.refobjid, 'SELECT')) OR EXISTS (
        SELECT FROM pg_class c WHERE c.relnamespace = 'pg_catalog'::regnamespace AND c.relkind IN ('r', 'v')
        AND pg_get_viewdef(to_regclass(quote_ident(view_name))) ~ ('\m' || c.relname || '\M')
        AND NOT has_table_privilege(session_user, c.oid, 'SELECT')) THEN
        RAISE EXCEPTION 'permission denied: % reads what % may not read', view_name, session_user;
    END IF;
    FOR one IN
        SELECT DISTINCT CASE WHEN a.grantee = 0 THEN 'PUBLIC' ELSE a.grantee::regrole::text END
        FROM pg_class c CROSS JOIN LATERAL aclexplode(c.relacl) a
        WHERE c.oid = to_regclass(quote_ident(view_name)) AND a.grantee <> c.relowner
    LOOP
        EXECUTE format('REVOKE INSERT, UPDATE, DELETE, TRUNCATE, REFERENCES, TRIGGER ON %I FROM %s', view_name, one);
    END LOOP;
END $$;
