#include "core/arena.h"

#include <criterion/criterion.h>
#include <stdalign.h>
#include <stdint.h>
#include <string.h>

static bool all_zero(const unsigned char *bytes, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        if (bytes[i] != 0)
            return false;
    }
    return true;
}

Test(arena, pieces_are_zeroed_aligned_and_apart)
{
    struct arena arena = {0};
    unsigned char *pieces[200];
    for (size_t i = 0; i < 200; i++) {
        pieces[i] = arena_calloc(&arena, i + 1, 7);
        cr_assert_not_null(pieces[i]);
        cr_assert_eq((uintptr_t)pieces[i] % alignof(max_align_t), 0);
        cr_assert(all_zero(pieces[i], (i + 1) * 7));
        memset(pieces[i], (int)i, (i + 1) * 7);
    }
    for (size_t i = 0; i < 200; i++) {
        for (size_t at = 0; at < (i + 1) * 7; at++)
            cr_assert_eq(pieces[i][at], (unsigned char)i, "piece %zu was overwritten", i);
    }
    arena_release(&arena);
}

Test(arena, nothing_is_a_piece_of_its_own)
{
    struct arena arena = {0};
    void *a = arena_calloc(&arena, 0, 100);
    void *b = arena_calloc(&arena, 100, 0);
    cr_assert(a != NULL && b != NULL && a != b);
    arena_release(&arena);
}

Test(arena, piece_larger_than_a_block_is_given)
{
    struct arena arena = {0};
    unsigned char *large = arena_calloc(&arena, 1 << 20, 3);
    cr_assert_not_null(large);
    cr_assert(all_zero(large, 3 << 20));
    memset(large, 1, 3 << 20);
    cr_assert_not_null(arena_calloc(&arena, 1, 1));
    arena_release(&arena);
}

Test(arena, copy_is_terminated_and_keeps_inner_nul)
{
    struct arena arena = {0};
    char *copy = arena_copy(&arena, "ab\0cdef", 5);
    cr_assert_not_null(copy);
    cr_assert_eq(memcmp(copy, "ab\0cd\0", 6), 0);
    char *empty = arena_copy(&arena, NULL, 0);
    cr_assert(empty != NULL && empty[0] == '\0');
    arena_release(&arena);
}

/* Bytes given out in pieces until the arena refuses. */
static size_t fill(struct arena *arena, size_t piece)
{
    size_t given = 0;
    while (given <= 100 * ARENA_MAX_DEFAULT && arena_calloc(arena, 1, piece) != NULL)
        given += piece;
    return given;
}

Test(arena, maximum_is_kept_whatever_the_size_of_pieces)
{
    static const size_t maxima[] = {1000, 65536, 100000, 1000000};
    static const size_t pieces[] = {16, 100, 5000, 70000};
    for (size_t i = 0; i < 4; i++) {
        for (size_t j = 0; j < 4; j++) {
            struct arena arena = {.max = maxima[i]};
            size_t given = fill(&arena, pieces[j]);
            cr_expect(given <= maxima[i], "max %zu gave %zu bytes in pieces of %zu", maxima[i], given, pieces[j]);
            cr_expect(given > 0 || pieces[j] > maxima[i], "max %zu gave nothing in pieces of %zu", maxima[i],
                      pieces[j]);
            cr_expect(arena.used <= arena.max);
            arena_release(&arena);
        }
    }
}

Test(arena, refused_piece_leaves_room_for_a_smaller_one)
{
    struct arena arena = {.max = 100000};
    cr_assert_not_null(arena_calloc(&arena, 1, 64));
    cr_assert_null(arena_calloc(&arena, 1, 100000));
    cr_assert_not_null(arena_calloc(&arena, 1, 64));
    arena_release(&arena);
}

Test(arena, product_that_overflows_is_refused)
{
    struct arena arena = {0};
    cr_assert_null(arena_calloc(&arena, SIZE_MAX, 2));
    cr_assert_null(arena_calloc(&arena, SIZE_MAX / 2, 2));
    cr_assert_null(arena_calloc(&arena, 1, SIZE_MAX));
    cr_assert_null(arena_calloc(&arena, 1, ARENA_MAX_DEFAULT + 1));
    arena_release(&arena);
}

Test(arena, reset_forgets_and_keeps_blocks)
{
    struct arena arena = {.max = 1 << 20};
    for (int round = 0; round < 20; round++) {
        for (int i = 0; i < 10; i++) {
            unsigned char *piece = arena_calloc(&arena, 1, 50000);
            cr_assert_not_null(piece, "round %d, piece %d", round, i);
            cr_assert(all_zero(piece, 50000));
            memset(piece, 0xAA, 50000);
        }
        arena_reset(&arena);
        cr_assert(arena.used == 0 && arena.blocks == NULL && arena.spare != NULL);
    }
    arena_release(&arena);
    cr_assert(arena.used == 0 && arena.blocks == NULL && arena.spare == NULL && arena.max == 1 << 20);
}

Test(arena, zeroed_arena_can_be_reset_and_released)
{
    struct arena arena = {0};
    arena_reset(&arena);
    arena_release(&arena);
    arena_release(&arena);
    cr_assert_eq(arena.used, 0);
}
