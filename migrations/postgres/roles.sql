-- Who may do what in the schema of occuport: an owner, a writer, a reader. For psql, as a superuser or as a role that may
-- create roles, in the database of the rows. It may be run again at any time, and should be: after an update of the
-- program, and after a job has named a new dataset, since views that came meanwhile are then shown to the reader.
--
--   psql -d occupancy -v schema=occuport -v owner=occuport_owner -v writer=occuport_writer -v reader=occuport_reader \
--        -f roles.sql
--   psql -d occupancy -c '\password occuport_owner' -c '\password occuport_writer' -c '\password occuport_reader'
--
-- Each variable has the value shown unless it is given. A role that is not there is made without a password, so that
-- nobody can log in with one yet.
--
--   owner   makes and changes the tables: for the first run of a job, and for the first run of a new version or dataset
--   writer  every other run: reads, adds, changes and takes away rows; makes no table but through the function that adds
--           the partition of a month; cannot change, empty or drop one
--   reader  the BI tool: reads the views and tables for people, nothing else

\set ON_ERROR_STOP on
\if :{?schema} \else \set schema occuport \endif
\if :{?owner} \else \set owner occuport_owner \endif
\if :{?writer} \else \set writer occuport_writer \endif
\if :{?reader} \else \set reader occuport_reader \endif
\set QUIET on
SET client_min_messages TO warning;

BEGIN;
SELECT format('CREATE ROLE %I LOGIN', name) FROM unnest(ARRAY[:'owner', :'writer', :'reader']) AS name
WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = name) \gexec

SELECT format('GRANT CONNECT ON DATABASE %I TO %I, %I, %I', current_database(), :'owner', :'writer', :'reader') \gexec
-- What is written passes through temporary tables.
SELECT format('GRANT TEMPORARY ON DATABASE %I TO %I, %I', current_database(), :'owner', :'writer') \gexec

-- Who is no superuser must be a member of a role to give it something.
SELECT format('GRANT %I TO CURRENT_USER', :'owner') FROM pg_roles
WHERE rolname = current_user AND NOT rolsuper AND NOT pg_has_role(current_user, :'owner', 'MEMBER') \gexec
SELECT format('CREATE SCHEMA %I', :'schema') WHERE NOT EXISTS (SELECT FROM pg_namespace WHERE nspname = :'schema') \gexec
ALTER SCHEMA :"schema" OWNER TO :"owner";

-- What another role made before goes to the owner. Sequences of identity columns and indexes follow their tables.
SELECT format('ALTER %s %s OWNER TO %I', CASE c.relkind WHEN 'v' THEN 'VIEW' WHEN 'm' THEN 'MATERIALIZED VIEW'
    WHEN 'S' THEN 'SEQUENCE' ELSE 'TABLE' END, c.oid::regclass, :'owner')
FROM pg_class c
WHERE c.relnamespace = quote_ident(:'schema')::regnamespace AND c.relkind IN ('r', 'p', 'v', 'm', 'S')
AND pg_get_userbyid(c.relowner) <> :'owner'
AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = c.oid AND d.classid = 'pg_class'::regclass AND d.deptype = 'i'
    AND c.relkind = 'S') \gexec
SELECT format('ALTER FUNCTION %s OWNER TO %I', p.oid::regprocedure, :'owner')
FROM pg_proc p WHERE p.pronamespace = quote_ident(:'schema')::regnamespace AND pg_get_userbyid(p.proowner) <> :'owner' \gexec

REVOKE ALL ON SCHEMA :"schema" FROM PUBLIC;
REVOKE ALL ON ALL TABLES IN SCHEMA :"schema" FROM PUBLIC, :"writer", :"reader";
REVOKE ALL ON ALL FUNCTIONS IN SCHEMA :"schema" FROM PUBLIC, :"writer", :"reader";
GRANT USAGE ON SCHEMA :"schema" TO :"writer", :"reader";

GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA :"schema" TO :"writer";
GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA :"schema" TO :"writer";
-- Which version a schema is of, only the owner says.
SELECT format('REVOKE INSERT, UPDATE, DELETE ON %s FROM %I', c.oid::regclass, :'writer')
FROM pg_class c WHERE c.relnamespace = quote_ident(:'schema')::regnamespace AND c.relname = 'schema_migrations' \gexec
-- The same for what the owner makes later. The functions of a schema are for its roles, not for everybody.
ALTER DEFAULT PRIVILEGES FOR ROLE :"owner" REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC;
ALTER DEFAULT PRIVILEGES FOR ROLE :"owner" IN SCHEMA :"schema"
    GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO :"writer";
ALTER DEFAULT PRIVILEGES FOR ROLE :"owner" IN SCHEMA :"schema" GRANT EXECUTE ON FUNCTIONS TO :"writer";

-- The reader: views, and the tables that are meant for people.
SELECT format('GRANT SELECT ON %s TO %I', c.oid::regclass, :'reader')
FROM pg_class c
WHERE c.relnamespace = quote_ident(:'schema')::regnamespace AND (c.relkind IN ('v', 'm')
    OR (c.relkind IN ('r', 'p') AND c.relname IN ('runs', 'rejects', 'corrections', 'sites', 'floors'))) \gexec
-- A view calls its functions as who reads it. Those that only compute or look are harmless.
SELECT format('GRANT EXECUTE ON FUNCTION %s TO %I', p.oid::regprocedure, :'reader')
FROM pg_proc p
WHERE p.pronamespace = quote_ident(:'schema')::regnamespace AND p.prokind = 'f' AND p.provolatile <> 'v' AND NOT p.prosecdef \gexec
-- Compiling what looks up a peak in each partition takes seconds, running it milliseconds.
SELECT format('ALTER ROLE %I SET jit TO off', :'reader') FROM pg_roles
WHERE rolname = :'reader' AND NOT coalesce(rolconfig::text LIKE '%jit=%', false) \gexec
-- A password for each: \password. What the BI tool asks may not run for ever.
SELECT format('ALTER ROLE %I SET statement_timeout TO %L', :'reader', '5min') FROM pg_roles
WHERE rolname = :'reader' AND NOT coalesce(rolconfig::text LIKE '%statement_timeout%', false) \gexec
COMMIT;
