#include "view/charts.h"
#include "view/html.h"

#include <inttypes.h>

void chart_name_building(const struct coverage_building *building, struct buf *out)
{
    buf_appendf(out, "Building %" PRId64, building->id);
    if (building->name != NULL && building->name[0] != '\0') {
        buf_append_char(out, ' ');
        html_text(out, building->name);
    }
}

/*
 * The name stands on a box around the drawing. The browser may put off the drawing of a box until it comes near the
 * window (content-visibility), but what lies inside is then hidden from screen readers as well; the box itself is not.
 */
void chart_begin(struct buf *out)
{
    buf_append_text(out, "<div role=\"img\" aria-label=\"");
}

void chart_draw(const char *kind, int width, int height, struct buf *out)
{
    buf_appendf(out,
                "\" class=\"chart %s\" style=\"aspect-ratio:%d/%d\"><svg aria-hidden=\"true\" viewBox=\"0 0 %d %d\">",
                kind, width, height, width, height);
}

void chart_end(struct buf *out)
{
    buf_append_text(out, "</svg></div>\n");
}
