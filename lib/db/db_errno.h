/*
 * Why a call of SQLite into the system failed. SQLite says "disk I/O error" or "unable to open database file"; errno is
 * another one by the time it says so. Private to lib/db.
 */
#ifndef OCCUPORT_DB_DB_ERRNO_H
#define OCCUPORT_DB_DB_ERRNO_H

/* From now on the calls of the default VFS are watched. Once, before any other use of SQLite. */
void db_errno_watch(void);

/* Forgets what this thread met so far. */
void db_errno_forget(void);

/* The first reason that this thread met since; one that no file was there only if there was no other. 0: none. */
int db_errno_met(void);

#endif
