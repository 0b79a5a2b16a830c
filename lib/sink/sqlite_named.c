#include "sink/sqlite_internal.h"

/*
 * The rows of a dataset with the names of building, site and floor beside the ids. A row meets one site and one floor
 * at most, since both tables have one row an id; a site of another building with the same id is not meant.
 */
enum status sqlite_named_view(struct db *db, const char *dataset, struct err *err)
{
    struct buf sql = {0};
    buf_appendf(&sql,
                "DROP VIEW IF EXISTS %s_named;"
                "CREATE VIEW %s_named AS SELECT b.*, n.name AS BUILDING_NAME,"
                " s.SITE_CODE AS SITE_CODE, s.FLOOR_ID AS FLOOR_ID, f.FLOOR_CODE AS FLOOR_CODE,"
                " f.NAME AS FLOOR_NAME, f.LEVEL AS FLOOR_LEVEL"
                " FROM %s b"
                " LEFT JOIN buildings n ON n.building_id = b.BUILDING_ID"
                " LEFT JOIN sites s ON s.SITE_ID = b.SITE_ID AND coalesce(s.BUILDING_ID, b.BUILDING_ID) = b.BUILDING_ID"
                " LEFT JOIN floors f ON f.FLOOR_ID = s.FLOOR_ID",
                dataset, dataset, dataset);
    return sqlite_exec_buf(db, &sql, err);
}
