#include "sink/postgres_internal.h"

/*
 * The statements are written once, with marks for what differs between datasets and jobs:
 *   $T   name of the dataset
 *   $S   what names of its temporary tables begin with: in pg_temp, since dataset X_stage has a real table X_stage_rows
 *   $Kx  `, x."k_KEY"` for each extra key; x is a letter of a table, or . for none; $D with its type
 *   $Jxy ` AND x."k_KEY" = y."k_KEY"` for each extra key
 *   $Cxy `, coalesce(x."k_KEY", y."k_KEY") AS "k_KEY"`
 *   $Vx  `, x."v_COLUMN"` for each column of the job that the table has; $W with its type, $U as assignments
 *   $N   the names of the columns of the job as an array, $O of those of other jobs
 *   $A   `, mean, greatest` over rows r for each column that days are kept of, $Bx `, x."a_COLUMN", x."m_COLUMN"`,
 *        $G as assignments
 * ?1 is the round.
 */
static const char *const templates[STATEMENT_COUNT] = {
    /* Old and new rows of each slice side by side tell what is new, changed, the same and missed. */
    [STATEMENT_MERGE] =
        "WITH old AS MATERIALIZED (SELECT l.ordinal, t.* FROM $S_slices l CROSS JOIN LATERAL"
        " (SELECT r.start$Kr, r.spelling_id, r.local_offset$Vr, nullif(r.more - $O, '{}') AS more FROM $T_rows r"
        " WHERE r.series_id = l.series_id AND r.date_partition = l.date_partition AND r.building_id = l.building_id"
        " OFFSET 0) t WHERE l.round = ?1::integer),"
        " fate AS MATERIALIZED (SELECT coalesce(s.ordinal, o.ordinal) AS ordinal, coalesce(s.start, o.start) AS start"
        "$Cso, s.spelling_id, s.local_offset$Vs, s.more, CASE WHEN o.ordinal IS NULL THEN 'n'"
        " WHEN s.ordinal IS NULL THEN 'm'"
        " WHEN (s.spelling_id, s.local_offset$Vs, s.more) IS DISTINCT FROM (o.spelling_id, o.local_offset$Vo, o.more)"
        " THEN 'u' ELSE 's' END AS fate"
        " FROM (SELECT * FROM $S_rows WHERE round = ?1::integer) s"
        " FULL JOIN old o ON o.ordinal = s.ordinal AND o.start = s.start$Jos),"
        " put AS (INSERT INTO $T_rows (building_id, date_partition, series_id, start$K., spelling_id, local_offset$V.,"
        " more) SELECT l.building_id, l.date_partition, l.series_id, f.start$Kf, f.spelling_id, f.local_offset$Vf,"
        " f.more FROM fate f JOIN $S_slices l ON l.ordinal = f.ordinal WHERE f.fate IN ('n', 'u')"
        " ON CONFLICT (series_id, date_partition, start$K., building_id) DO UPDATE SET"
        " spelling_id = excluded.spelling_id, local_offset = excluded.local_offset$U,"
        " more = nullif(coalesce($T_rows.more - $N, '{}') || coalesce(excluded.more, '{}'), '{}')),"
        " missed AS (INSERT INTO $S_missed (ordinal, round, building_id, series_id, date_partition, keep_rows,"
        " start$K.) SELECT f.ordinal, l.round, l.building_id, l.series_id, l.date_partition, l.keep_rows, f.start$Kf"
        " FROM fate f JOIN $S_slices l ON l.ordinal = f.ordinal WHERE f.fate = 'm')"
        " SELECT ordinal, count(*) FILTER (WHERE fate = 'n'), count(*) FILTER (WHERE fate = 'u'),"
        " count(*) FILTER (WHERE fate = 's'), count(*) FILTER (WHERE fate = 'm'),"
        " min(CASE WHEN start >= 0 THEN start ELSE (SELECT o.seconds FROM odd_starts o WHERE o.odd_id = -fate.start) "
        "END)"
        " FILTER (WHERE fate = 'm') FROM fate GROUP BY ordinal",
    [STATEMENT_UNVANISH] =
        "DELETE FROM $T_vanished v USING $S_slices l, $S_rows s WHERE l.round = ?1::integer"
        " AND s.ordinal = l.ordinal AND v.series_id = l.series_id AND v.date_partition = l.date_partition"
        " AND v.start = s.start$Jvs",
    [STATEMENT_KEEP] =
        "WITH added AS (INSERT INTO $T_vanished (building_id, date_partition, series_id, start$K., run_id)"
        " SELECT m.building_id, m.date_partition, m.series_id, m.start$Km, ?2 FROM $S_missed m"
        " WHERE m.round = ?1::integer AND NOT m.keep_rows ON CONFLICT DO NOTHING RETURNING series_id, date_partition)"
        " SELECT l.ordinal, count(*) FROM added a JOIN $S_slices l ON l.series_id = a.series_id"
        " AND l.date_partition = a.date_partition AND l.round = ?1::integer GROUP BY l.ordinal",
    [STATEMENT_DROP_ROWS] = "DELETE FROM $T_rows r USING $S_missed m WHERE m.round = ?1::integer"
                            " AND NOT m.keep_rows AND r.series_id = m.series_id AND r.date_partition = m.date_partition"
                            " AND r.building_id = m.building_id AND r.start = m.start$Jrm",
    [STATEMENT_DROP_VANISHED] =
        "DELETE FROM $T_vanished v USING $S_missed m WHERE m.round = ?1::integer AND NOT m.keep_rows"
        " AND v.series_id = m.series_id AND v.date_partition = m.date_partition AND v.start = m.start$Jvm",
    /* If it is a stray, its entry is of this partition. */
    [STATEMENT_DROP_STRAYS] = "DELETE FROM $T_strays y USING $S_missed m WHERE m.round = ?1::integer"
                              " AND NOT m.keep_rows AND y.series_id = m.series_id AND y.start = m.start$Jym",
    /* New rows that are stored under another partition: the later one has the last word, unless it is missed there. */
    [STATEMENT_MOVE] =
        "WITH moved AS (INSERT INTO $S_moved (ordinal, round, building_id, series_id, start$K., elsewhere,"
        " missed, loses) SELECT s.ordinal, l.round, l.building_id, l.series_id, s.start$Ks, e.at, m.missed,"
        " e.at > l.date_partition AND NOT m.missed FROM $S_rows s JOIN $S_slices l ON l.ordinal = s.ordinal"
        " CROSS JOIN LATERAL (SELECT coalesce((SELECT y.date_partition FROM $T_strays y WHERE y.series_id = l.series_id"
        " AND y.start = s.start$Jys), (SELECT s.home WHERE s.home <> l.date_partition AND EXISTS (SELECT FROM $T_rows r"
        " WHERE r.series_id = l.series_id AND r.date_partition = s.home AND r.start = s.start"
        " AND r.building_id = l.building_id$Jrs))) AS at OFFSET 0) e"
        " CROSS JOIN LATERAL (SELECT EXISTS (SELECT FROM $T_vanished v WHERE v.series_id = l.series_id"
        " AND v.date_partition = e.at AND v.start = s.start$Jvs) AS missed OFFSET 0) m"
        " WHERE l.round = ?1::integer AND e.at <> l.date_partition AND NOT EXISTS (SELECT FROM $T_rows r"
        " WHERE r.series_id = l.series_id AND r.date_partition = l.date_partition AND r.start = s.start"
        " AND r.building_id = l.building_id$Jrs) RETURNING ordinal, loses)"
        " SELECT ordinal, count(*) FILTER (WHERE loses), count(*) FILTER (WHERE NOT loses) FROM moved GROUP BY ordinal",
    [STATEMENT_MOVE_ROWS] = "DELETE FROM $T_rows r USING $S_moved m WHERE m.round = ?1::integer AND NOT m.loses"
                            " AND r.series_id = m.series_id AND r.date_partition = m.elsewhere AND r.start = m.start"
                            " AND r.building_id = m.building_id$Jrm",
    [STATEMENT_MOVE_VANISHED] = "DELETE FROM $T_vanished v USING $S_moved m WHERE m.round = ?1::integer"
                                " AND m.missed AND v.series_id = m.series_id AND v.date_partition = m.elsewhere"
                                " AND v.start = m.start$Jvm",
    [STATEMENT_MOVE_LOSERS] = "DELETE FROM $S_rows s USING $S_moved m WHERE m.round = ?1::integer"
                              " AND m.loses AND s.ordinal = m.ordinal AND s.start = m.start$Jsm",
    [STATEMENT_MOVE_DAYS] = "INSERT INTO $S_days SELECT building_id, series_id, elsewhere FROM $S_moved"
                            " WHERE round = ?1::integer AND NOT loses",
    [STATEMENT_STRAY_PUT] =
        "INSERT INTO $T_strays AS y (building_id, series_id, start$K., date_partition) SELECT l.building_id,"
        " l.series_id, s.start$Ks, l.date_partition FROM $S_rows s JOIN $S_slices l"
        " ON l.ordinal = s.ordinal WHERE l.round = ?1::integer AND s.home <> l.date_partition"
        " ON CONFLICT (series_id, start$K., building_id) DO UPDATE SET date_partition = excluded.date_partition"
        " WHERE y.date_partition <> excluded.date_partition",
    [STATEMENT_STRAY_DELETE] = "DELETE FROM $T_strays y USING $S_rows s, $S_slices l WHERE l.round = ?1::integer"
                               " AND s.ordinal = l.ordinal AND s.home = l.date_partition AND y.series_id = l.series_id"
                               " AND y.start = s.start$Jys",
    [STATEMENT_DAYS_CHANGED] = "INSERT INTO $S_days SELECT building_id, series_id, date_partition"
                               " FROM $S_slices WHERE ordinal = ANY (?1::integer[])",
    [STATEMENT_DAYS_PUT] =
        "INSERT INTO $T_days (building_id, series_id, date_partition, row_count$B.)"
        " SELECT d.building_id, d.series_id, d.date_partition, t.* FROM (SELECT DISTINCT * FROM $S_days) d"
        " CROSS JOIN LATERAL (SELECT count(*) AS row_count$A FROM $T_rows r WHERE r.series_id = d.series_id"
        " AND r.date_partition = d.date_partition AND r.building_id = d.building_id) t WHERE t.row_count > 0"
        " ON CONFLICT (series_id, date_partition, building_id) DO UPDATE SET row_count = excluded.row_count$G",
    [STATEMENT_DAYS_DELETE] =
        "DELETE FROM $T_days t USING $S_days d WHERE t.series_id = d.series_id"
        " AND t.date_partition = d.date_partition AND t.building_id = d.building_id AND NOT EXISTS (SELECT"
        " FROM $T_rows r WHERE r.series_id = d.series_id AND r.date_partition = d.date_partition)",
    [STATEMENT_KNOWN] =
        "SELECT u.at, EXISTS (SELECT FROM $T_strays y WHERE y.series_id = u.series_id)::integer FROM"
        " unnest(?1::integer[], ?2::integer[], ?3::integer[], ?4::integer[]) AS u (series_id, first, last, at)"
        " WHERE EXISTS (SELECT FROM $T_rows r WHERE r.series_id = u.series_id AND r.date_partition >= u.first"
        " AND r.date_partition <= u.last) OR EXISTS (SELECT FROM $T_strays y WHERE y.series_id = u.series_id)",
    [STATEMENT_STRAYED] = "SELECT EXISTS (SELECT FROM $T_strays y WHERE y.series_id = ANY (?1::integer[]))::integer",
    [STATEMENT_FLAGS] = "SELECT EXISTS (SELECT FROM $T_vanished)::integer",
};

static const char stage_template[] =
    "DROP TABLE IF EXISTS $S_slices, $S_rows, $S_missed,"
    " $S_moved, $S_days;"
    "CREATE TEMPORARY TABLE $S_slices (ordinal integer, round integer, building_id bigint, series_id integer,"
    " date_partition integer, keep_rows boolean) ON COMMIT DELETE ROWS;"
    "CREATE TEMPORARY TABLE $S_rows (ordinal integer, round integer, home integer, start bigint$D,"
    " spelling_id integer, local_offset smallint$W, more jsonb) ON COMMIT DELETE ROWS;"
    "CREATE TEMPORARY TABLE $S_missed (ordinal integer, round integer, building_id bigint, series_id integer,"
    " date_partition integer, keep_rows boolean, start bigint$D) ON COMMIT DELETE ROWS;"
    "CREATE TEMPORARY TABLE $S_moved (ordinal integer, round integer, building_id bigint, series_id integer,"
    " start bigint$D, elsewhere integer, missed boolean, loses boolean) ON COMMIT DELETE ROWS;"
    "CREATE TEMPORARY TABLE $S_days (building_id bigint, series_id integer, date_partition integer)"
    " ON COMMIT DELETE ROWS";

/* `, x.name`, or without the table. */
static void append_one(struct buf *sql, char table, const char *prefix, const char *name)
{
    buf_append_text(sql, ", ");
    if (table != '.')
        buf_appendf(sql, "%c.", table);
    postgres_append_name(sql, prefix, name);
}

static void append_key(struct buf *sql, char mark, const char *tables, const char *name)
{
    switch (mark) {
    case 'K': append_one(sql, tables[0], POSTGRES_KEY_PREFIX, name); return;
    case 'D':
        append_one(sql, '.', POSTGRES_KEY_PREFIX, name);
        buf_append_text(sql, " text");
        return;
    default: break;
    }
    struct buf key = {0};
    postgres_append_name(&key, POSTGRES_KEY_PREFIX, name);
    if (mark == 'J')
        buf_appendf(sql, " AND %c.%s = %c.%s", tables[0], buf_text(&key), tables[1], buf_text(&key));
    else
        buf_appendf(sql, ", coalesce(%c.%s, %c.%s) AS %s", tables[0], buf_text(&key), tables[1], buf_text(&key),
                    buf_text(&key));
    buf_release(&key);
}

static void append_value(struct buf *sql, char mark, char table, const struct row_column *column)
{
    static const char *const types[] = {
        [COLUMN_NUMBER] = "double precision", [COLUMN_TEXT] = "text", [COLUMN_JSON] = "jsonb"};
    if (column->kind != COLUMN_NUMBER && column->kind != COLUMN_TEXT && column->kind != COLUMN_JSON)
        return;
    append_one(sql, mark == 'V' ? table : '.', POSTGRES_COLUMN_PREFIX, column->name);
    if (mark == 'W')
        buf_appendf(sql, " %s", types[column->kind]);
    if (mark != 'U')
        return;
    buf_append_text(sql, " = excluded.");
    postgres_append_name(sql, POSTGRES_COLUMN_PREFIX, column->name);
}

static void append_day(struct buf *sql, char mark, char table, const struct row_column *column)
{
    static const char *const prefixes[] = {POSTGRES_MEAN, POSTGRES_GREATEST};
    if (!postgres_has_days(column))
        return;
    for (int i = 0; i < 2; i++) {
        if (mark == 'A') {
            buf_append_text(sql, ", ");
            postgres_append_aggregate(sql, column, i == 0 ? "avg" : "max");
            continue;
        }
        append_one(sql, mark == 'B' ? table : '.', prefixes[i], column->name);
        if (mark == 'B')
            continue;
        buf_append_text(sql, " = excluded.");
        postgres_append_name(sql, prefixes[i], column->name);
    }
}

static bool is_of_job(const struct sink_postgres *sink, size_t column)
{
    for (size_t i = 0; i < sink->options->column_count; i++) {
        if (sink->column_at[i] == column)
            return true;
    }
    return false;
}

static void append_names(struct buf *sql, const struct sink_postgres *sink, bool of_job)
{
    const char *comma = "";
    buf_append_text(sql, "'{");
    for (size_t i = 0; i < sink->columns.count; i++) {
        if (postgres_is_key(&sink->columns.items[i]) || is_of_job(sink, i) != of_job)
            continue;
        buf_appendf(sql, "%s\"%s\"", comma, sink->columns.items[i].name);
        comma = ",";
    }
    buf_append_text(sql, "}'::text[]");
}

/* *at stands on the letter of a mark, and moves behind what belongs to it. */
static void append_mark(struct buf *sql, const struct sink_postgres *sink, const char **at)
{
    const struct sink_postgres_options *options = sink->options;
    char mark = **at;
    const char *tables = *at + 1;
    switch (mark) {
    case 'S': buf_appendf(sql, "pg_temp.%s_stage", options->dataset->name); break;
    case 'T': buf_append_text(sql, options->dataset->name); break;
    case 'N':
    case 'O': append_names(sql, sink, mark == 'N'); break;
    case 'K':
    case 'D':
    case 'J':
    case 'C':
        for (size_t i = 0; i < options->dataset->key_count; i++)
            append_key(sql, mark, tables, options->dataset->keys[i]);
        break;
    case 'A':
    case 'B':
    case 'G': /* of all jobs: the rows are there already */
        for (size_t i = 0; i < sink->columns.count; i++)
            append_day(sql, mark, *tables, &sink->columns.items[i]);
        break;
    default:
        for (size_t i = 0; i < options->column_count; i++)
            append_value(sql, mark, *tables, &sink->columns.items[sink->column_at[i]]);
        break;
    }
    *at += mark == 'J' || mark == 'C' ? 3 : mark == 'K' || mark == 'V' || mark == 'B' ? 2 : 1;
}

void postgres_append_template(struct buf *sql, const struct sink_postgres *sink, const char *template)
{
    while (*template != '\0') {
        if (*template != '$') {
            buf_append_char(sql, *template ++);
            continue;
        }
        template ++;
        append_mark(sql, sink, &template);
    }
}

enum status postgres_query(struct sink_postgres *sink, enum sink_statement which, struct db_statement **ret_statement,
                           struct err *err)
{
    enum status status = STATUS_OK;
    if (sink->queries[which] == NULL) {
        struct buf sql = {0};
        postgres_append_template(&sql, sink, templates[which]);
        status = buf_status(&sql, err);
        if (status == STATUS_OK)
            status = db_prepare(sink->db, buf_text(&sql), &sink->queries[which], err);
        buf_release(&sql);
    }
    if (status == STATUS_OK)
        *ret_statement = sink->queries[which];
    return status;
}

void postgres_queries_forget(struct sink_postgres *sink)
{
    for (int i = 0; i < STATEMENT_COUNT; i++) {
        db_finalize(sink->queries[i]);
        sink->queries[i] = NULL;
    }
    sink->is_staged = false;
}

enum status postgres_stage_make(struct sink_postgres *sink, struct err *err)
{
    if (sink->is_staged)
        return STATUS_OK;
    struct buf sql = {0};
    postgres_append_template(&sql, sink, stage_template);
    enum status status = postgres_exec(sink->db, &sql, err);
    sink->is_staged = status == STATUS_OK;
    return status;
}
