#include "store/claims_internal.h"

#include <time.h>

static int64_t boot_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_BOOTTIME, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static enum status take_token(struct claims *claims, double rate, int64_t *ret_wait_ms, struct err *err)
{
    struct db_statement *query = claims->queries[CLAIMS_QUERY_BUDGET];
    double most = rate > 1 ? rate : 1;
    int64_t now = boot_ms();
    double tokens = most;
    bool row;
    enum status status = db_step(query, &row, err);
    if (status != STATUS_OK)
        return status;
    if (row) {
        int64_t elapsed = now - db_column_integer(query, 1);
        tokens = db_column_real(query, 0);
        if (elapsed > 0) /* after a reboot the clock begins anew: the bucket is then as it was left */
            tokens += (double)elapsed * rate / 1000;
        db_reset(query);
    }
    if (tokens > most)
        tokens = most;
    bool taken = tokens >= 1;
    db_bind_real(claims->queries[CLAIMS_QUERY_BUDGET_PUT], 1, taken ? tokens - 1 : tokens);
    db_bind_integer(claims->queries[CLAIMS_QUERY_BUDGET_PUT], 2, now);
    status = db_run(claims->queries[CLAIMS_QUERY_BUDGET_PUT], err);
    if (status == STATUS_OK)
        *ret_wait_ms = taken ? 0 : (int64_t)((1 - tokens) * 1000 / rate) + 1;
    return status;
}

enum status claims_take_request(struct claims *claims, double rate, int64_t *ret_wait_ms, struct err *err)
{
    int64_t wait_ms = 0;
    enum status status = db_begin(claims->db, err);
    if (status == STATUS_OK)
        status = take_token(claims, rate, &wait_ms, err);
    status = db_end(claims->db, status, err);
    if (status == STATUS_OK)
        *ret_wait_ms = wait_ms;
    return status;
}
