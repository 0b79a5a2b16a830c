#include "view/progress.h"

#include "core/log.h"

#include <criterion/criterion.h>
#include <string.h>
#include <unistd.h>

static struct run_counts counts;
static struct coverage_building building = {.id = 71};
static struct unit unit = {.building = &building, .granularity = "PT1H", .days = {20209, 20210}};
static struct engine_progress state = {.counts = &counts};
static struct progress progress;
static struct buf first;
static struct buf second;
static int channel[2];
static char written[4096];

static void begin(void)
{
    cr_assert_eq(pipe(channel), 0);
}

static void end(void)
{
    buf_release(&first);
    buf_release(&second);
    close(channel[0]);
    if (channel[1] >= 0)
        close(channel[1]);
}

TestSuite(progress, .init = begin, .fini = end);

static void format(uint64_t due, int width)
{
    progress_init(&progress, channel[1], true, due);
    buf_reset(&first);
    buf_reset(&second);
    progress_format(&progress, &state, width, &first, &second);
}

/* Everything that was written to the display so far; it takes no more after that. */
static const char *display(void)
{
    close(channel[1]);
    channel[1] = -1;
    ssize_t size = read(channel[0], written, sizeof written - 1);
    written[size > 0 ? size : 0] = '\0';
    return written;
}

Test(progress, nothing_done_yet_is_drawn_sensibly)
{
    format(10, 79);
    cr_assert_str_eq(buf_text(&first), "[....................] 0/10 slices, 0 rows");
    cr_assert_str_eq(buf_text(&second), "  0 rows/s, 0.0 requests/s");
}

Test(progress, nothing_due_is_done)
{
    format(0, 79);
    cr_assert_str_eq(buf_text(&first), "[####################] 0/0 slices, 0 rows");
}

Test(progress, half_way_tells_the_time_left)
{
    counts = (struct run_counts){
        .slices_fetched = 40, .slices_failed = 10, .rows_received = 1200, .requests = 30, .retries = 2};
    state.elapsed_ms = 60000;
    state.units_in_flight = 3;
    state.current = &unit;
    format(100, 200);
    cr_assert_str_eq(buf_text(&first), "[##########..........] 50/100 slices, 10 failed, 1200 rows, 1m 00s left");
    cr_assert_str_eq(buf_text(&second),
                     "  20 rows/s, 0.5 requests/s, 2 retries; 3 in flight: building 71 PT1H 2025-05-01");
}

Test(progress, more_than_was_due_fills_the_bar_and_no_more)
{
    counts.slices_fetched = 12;
    state.elapsed_ms = 5000;
    format(10, 79);
    cr_assert_str_eq(buf_text(&first), "[####################] 12/10 slices, 0 rows");
}

Test(progress, bar_fills_only_when_all_is_done)
{
    counts.slices_fetched = 999;
    format(1000, 79);
    cr_assert_eq(strncmp(buf_text(&first), "[###################.]", 22), 0);
    counts.slices_fetched = 1000;
    format(1000, 79);
    cr_assert_eq(strncmp(buf_text(&first), "[####################]", 22), 0);
}

Test(progress, lines_are_never_longer_than_the_width)
{
    memset(&counts, 0x7F, sizeof counts);
    state.elapsed_ms = 1234567;
    state.units_in_flight = 8;
    state.current = &unit;
    for (int width = -1; width <= 200; width++) {
        format(UINT64_MAX, width);
        size_t most = width > 0 ? (size_t)width : 0;
        cr_expect_leq(strlen(buf_text(&first)), most, "%s", buf_text(&first));
        cr_expect_leq(strlen(buf_text(&second)), most, "%s", buf_text(&second));
        cr_expect_eq(strlen(buf_text(&first)), first.size);
    }
}

/* A night with a large building and many retries, on a usual terminal. */
Test(progress, eighty_columns_hold_whole_words_and_the_building)
{
    struct coverage_building large = {.id = 1234567};
    struct unit of_it = {.building = &large, .granularity = "PT15M", .days = {20209, 20210}};
    counts = (struct run_counts){.slices_fetched = 40000, .slices_failed = 1000, .rows_received = 40000000};
    counts.requests = 36000;
    counts.retries = 1200;
    state.elapsed_ms = 3600000;
    state.units_in_flight = 8;
    state.current = &of_it;
    format(100000, 79);
    cr_expect_str_eq(buf_text(&first),
                     "[########............] 41000/100000 slices, 1000 failed, 40000000 rows, 1h 26m");
    cr_expect_str_eq(buf_text(&second), "  11111 rows/s, 10.0 requests/s, 1200 retries; 8 in flight: building 1234567");
}

Test(progress, display_is_drawn_over_itself_and_cleared)
{
    progress_init(&progress, channel[1], true, 10);
    state.elapsed_ms = 150;
    progress_update(&progress, &state);
    state.elapsed_ms = 200; /* too soon */
    progress_update(&progress, &state);
    counts.slices_fetched = 5;
    state.elapsed_ms = 250;
    progress_update(&progress, &state);
    cr_assert(progress.is_drawn);
    progress_clear(&progress);
    progress_clear(&progress);
    cr_assert_not(progress.is_drawn);
    cr_assert_str_eq(display(), "\r[....................] 0/10 slices, 0 rows\033[K\n"
                                "  0 rows/s, 0.0 requests/s\033[K"
                                "\r\033[1A[##########..........] 5/10 slices, 0 rows\033[K\n"
                                "  0 rows/s, 0.0 requests/s\033[K"
                                "\r\033[1A\033[J");
}

/* A screen that became narrower has wrapped what was drawn: 150 columns are two rows of 80, three with the other. */
Test(progress, what_a_narrower_screen_has_wrapped_is_taken_off)
{
    progress_init(&progress, channel[1], true, 10);
    progress.is_drawn = true;
    progress.drawn[0] = 150;
    progress.drawn[1] = 161;
    progress_clear(&progress);
    cr_assert_str_eq(display(), "\r\033[4A\033[J\033[J");
}

Test(progress, without_a_terminal_a_line_is_logged_each_minute)
{
    struct log_options options = {.level = LOG_INFO, .fd = channel[1]};
    log_configure(&options);
    progress_init(&progress, channel[1], false, 10);
    for (state.elapsed_ms = 0; state.elapsed_ms <= 130000; state.elapsed_ms += 1000) {
        counts.slices_fetched = (uint64_t)state.elapsed_ms / 20000;
        progress_update(&progress, &state);
    }
    progress_clear(&progress);
    cr_assert_str_eq(display(), "occuport: 3 of 10 slices, 0 rows, 0 requests, 0 retries\n"
                                "occuport: 6 of 10 slices, 0 rows, 0 requests, 0 retries\n");
}

Test(progress, display_that_cannot_be_written_is_no_failure)
{
    progress_init(&progress, -1, true, 10);
    state.elapsed_ms = 1000;
    progress_update(&progress, &state);
    progress_clear(&progress);
}
