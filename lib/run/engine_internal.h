/* Shared by the files of the engine (engine.c, deliver.c, fetch.c, learned.c, negotiate*.c, settle.c) and nobody else.
 */
#ifndef OCCUPORT_RUN_ENGINE_INTERNAL_H
#define OCCUPORT_RUN_ENGINE_INTERNAL_H

#include "api/schema.h"
#include "run/engine.h"
#include "run/unit_size.h"
#include "run/worklist.h"
#include "run/writer.h"

/* Slices that fail in a row, with no page accepted between, before the run ends. */
enum { ENGINE_FAILURES_IN_ROW_MAX = 20, ENGINE_WAIT_MS = 250 };

/* Without a unit for so long and with nothing in flight, what is fetched is flushed: others may wait for it. */
enum { ENGINE_NONE_MS = 100 };

/* How long the engine waits at most before it looks at signals and the display again. */
enum { DELIVER_WAIT_MS = 100 };

/* Times that a page whose answer is not of the agreed shape is asked for again. */
enum { ENGINE_PAGE_ATTEMPTS_MAX = 4 };

/* Bad answers that a unit may meet over all its pages, in units of fetch.max_attempts, before it has no second chances.
 */
enum { ENGINE_UNIT_ATTEMPTS = 3 };

enum { ENGINE_DIALECTS = DIALECT_DOCUMENTED + 1 };

struct engine;

/* A unit in flight. */
struct fetch {
    struct engine *engine;
    struct fetch *next; /* in the list of fetches */
    struct unit unit;
    struct pager_options pager_options; /* as the dialect was when it began */
    struct pager pager;
    int64_t fetched_at;
    int page_attempts; /* of the page at hand */
    int bad_answers;   /* to all its pages */
    bool tries_more;   /* than the limit of unit_size */
};

/* The forms of a query, from the most to the least that is asked of a server; see negotiate.c. */
enum query_form {
    FORM_COUNTED,       /* hasura with _aggregate */
    FORM_PLAIN,         /* hasura without it */
    FORM_SLICE_COUNTED, /* the same for one slice: no lists, no range of days */
    FORM_SLICE_PLAIN,
    FORM_DOCUMENTED, /* the documented dialect */
    FORM_COUNT
};

/*
 * Units for which every form is tried when errors give no clear reason: three buildings, since one that fails waits
 * for the others after WORKLIST_PATIENCE.
 */
enum { NEGOTIATION_GIVEN_UP_MAX = 3 * WORKLIST_PATIENCE };

/* What the server said of a column of the job. */
enum column_answer {
    COLUMN_NOT_ASKED,
    COLUMN_KNOWN,
    COLUMN_DOUBTED, /* refused for one slice, without a reason that tells a column */
    COLUMN_UNKNOWN
};

/* Finding out what the server understands, before any page was accepted. */
struct negotiation {
    bool is_asking;             /* a question of its own is in flight: no unit is begun */
    enum query_form first_form; /* the best that the job allows, and the schema, once it is known */
    enum query_form form;
    struct unit unit;       /* that was refused */
    unsigned refused_alone; /* forms that were refused for the unit while it was one slice, a bit each */
    struct err cause;       /* its refusal */
    bool schema_asked;      /* once a run */
    bool schema_told;
    int given_up;                /* how often every form failed for a unit, without a clear reason */
    struct schema_probe *schema; /* owned */
    bool is_sound;               /* the schema shows the whole query to be right: what fails is the unit */
    bool has_no_count;           /* the schema says so */
    bool reads_on;               /* a page behind a key was accepted once */
    /* Column by column: */
    struct unit slice;           /* what is asked for: of the unit, then a second one */
    bool is_second_slice;        /* far from the first, of another building where there is one */
    bool keys_asked;             /* the query without any column of the job was answered */
    bool keys_refused;           /* and refused: it is not the columns */
    size_t column;               /* being asked for */
    enum column_answer *columns; /* of the job; owned */
};

/* A destination during a run. */
struct target {
    bool is_down; /* it failed: left alone from then on */
    struct writer *writer;
    struct writer_state state; /* as deliver_look saw it last; err with the name of the destination when it is down */
};

/* Units that were given to the writers, whose claims end when all of them have flushed them. */
struct written_list {
    struct unit_list units;
    size_t capacity;
    uint64_t *numbers; /* of their parcels */
};

struct engine {
    const struct engine_options *options;
    struct summary *summary;
    enum dialect dialect;
    bool dialect_is_settled;
    struct negotiation negotiation;
    struct unit_size size;
    /* By dialect: without the limit that hasura sends, a server may cut answers earlier. Late pages feed their own. */
    struct pager_evidence evidence[ENGINE_DIALECTS];
    struct worklist worklist;
    struct fetch *fetches;
    size_t fetch_count;
    struct target targets[ENGINE_DESTINATIONS_MAX];
    struct unit_list deferred; /* units that another run is at */
    struct batch_pool batches;
    uint64_t parcels; /* given to the writers */
    struct written_list written;
    enum supply_answer supply; /* its last one; SUPPLY_END without a supply */
    int64_t supply_none_ms;    /* since when it has had none */
    bool must_wait;            /* for a run that comes first */
    int64_t asked_wait_ms;     /* when that was looked at */
    int64_t held_ms;           /* when sockets were last left unread, because a destination was behind */
    int failures_in_row;
    uint64_t rejected_slices; /* that failed only because rows were rejected */
    enum status stop;         /* why no more units are begun; STATUS_OK: go on */
    struct err stop_err;
};

/* No more units; the first reason stays. */
void engine_stop(struct engine *engine, const struct err *err);

/* True for what ends the run and fails no slice: it is no unit's own failure. */
bool engine_must_stop(enum status kind);

/* A client_judge: what answer_classify says of the answer. */
enum status engine_judge(void *context, const struct http_response *response, struct err *err);

/* What the server has shown of itself, in words: what runs.learned holds. */
void engine_tell_learned(const struct engine *engine, char ret_text[SUMMARY_LEARNED_SIZE]);

/* Ends the claims on units that are dropped, cut, or durable. */
void engine_give_back(struct engine *engine, const struct unit *units, size_t count);

/* The counts of the first destination that works (else of the first), with what is pending. */
struct run_counts engine_counts(const struct engine *engine);

/* Cuts until the unit is one that the form of the query can ask and the server can take; the rest goes on the stack. */
enum status fetch_cut(struct engine *engine, struct unit *unit, struct err *err) MUST_CHECK;

/* Begins a unit that is ours. */
enum status fetch_begin(struct engine *engine, const struct unit *unit, struct err *err) MUST_CHECK;
void fetch_end(struct fetch *fetch);

/* Begins with the best form of the query that the job allows. */
void negotiation_init(struct negotiation *negotiation, const struct engine_options *options);

/*
 * A unit was refused before the dialect is known: asks a smaller question, and queues the unit again when that is
 * answered. False: it is no matter of what the server understands, and the unit fails.
 */
bool negotiate_step(struct engine *engine, const struct unit *unit, const struct err *failure);

/*
 * A further page was refused although the first was understood: the server does not know how to read on (an
 * operator is missing). When the unit is one slice and the job lets the dialect be chosen, the run goes on in the
 * documented one, and the unit is queued again. False: it is cut, or fails; so too when the server has read on before.
 */
bool negotiate_reading_on(struct engine *engine, const struct unit *unit, const struct err *failure);

/* Tries the next form of the query that the job allows, or asks column by column when there is none. */
void negotiate_next_form(struct engine *engine);

/* Asks column by column, so that an unknown one is named. Ends the run. */
void negotiate_columns(struct engine *engine);

/* Every form failed for the unit, without a clear reason: it fails, and the next one starts anew. */
void negotiate_give_up(struct engine *engine);

/* Asks the server for its schema; without an answer negotiate_next_form decides. */
void negotiate_schema(struct engine *engine);

/* Sends a question of the negotiation. False: it could not be sent, and the run ends. */
bool negotiate_ask(struct engine *engine, const struct buf *body, int max_attempts, client_done *done);

/* The columns that the job names and the server lacks: the run ends (STATUS_CONFIG). known: what it has, for near
 * misses. */
void negotiate_unknown_columns(struct engine *engine, size_t known_count, const char *const *known);

void negotiation_release(struct negotiation *negotiation);

/* A unit's pages are complete: rows and rejects go to the destination. May cut the unit instead when rows belong to
 * none of its slices. */
void settle_complete(struct fetch *fetch);

/*
 * Its pages cannot be proved complete, and rows were rejected: it is cut, or its slice fails with the rejects kept.
 * failure is what the pager said.
 */
void settle_rejected(struct fetch *fetch, const struct err *failure);

/* A unit failed for good: it is cut, or its slices fail. */
void settle_failed(struct engine *engine, const struct unit *unit, const struct err *failure);

/* A writer for each destination. STATUS_NOMEM, STATUS_BUG; deliver_end is for the caller in any case. */
enum status deliver_begin(struct engine *engine, struct err *err) MUST_CHECK;
void deliver_end(struct engine *engine);

/* Gives a parcel to every destination that works; it is theirs from now on. */
void deliver(struct engine *engine, struct parcel *parcel);

/* Looks at what the writers did: failed destinations are left out, claims of durable units given back. */
void deliver_look(struct engine *engine);

/* True when a writer is so far behind that nothing more should be fetched; some time was then spent on waiting. */
bool deliver_must_wait(struct engine *engine);

/* Has everything made durable, waiting for some time: true when that is done. */
bool deliver_flush(struct engine *engine);

#endif
