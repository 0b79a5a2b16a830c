#include "core/zone_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { HEADER_SIZE = 44, TYPE_SIZE = 6, LONGEST_NAME = 128 };

/* One of the two blocks of a file: the first has times of four bytes, the second of eight. */
struct block {
    const unsigned char *times;
    const unsigned char *types;   /* of the times: one byte each, an index into offsets */
    const unsigned char *offsets; /* TYPE_SIZE bytes each, the first four of them the offset */
    size_t time_size;
    size_t time_count;
    size_t type_count;
    const unsigned char *end;
};

static enum status read_all(int fd, struct zone_file *file, const char *path, struct err *err)
{
    file->size = 0;
    while (file->size < sizeof file->bytes) {
        ssize_t got = read(fd, file->bytes + file->size, sizeof file->bytes - file->size);
        if (got == 0)
            return STATUS_OK;
        if (got < 0 && errno != EINTR)
            return err_set_errno(err, errno == EISDIR ? STATUS_CONFIG : STATUS_IO, errno, "cannot read %s", path);
        file->size += got > 0 ? (size_t)got : 0;
    }
    return err_set(err, STATUS_CONFIG, "%s is too large for a time zone", path);
}

enum status zone_file_read(const char *name, struct zone_file *ret_file, struct err *err)
{
    char path[LONGEST_NAME];
    int size = snprintf(path, sizeof path, "/usr/share/zoneinfo/%s", name);
    if (size < 0 || (size_t)size >= sizeof path)
        return err_set(err, STATUS_CONFIG, "the name of a time zone is too long");
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        bool is_none = errno == ENOENT || errno == ENOTDIR;
        return err_set_errno(err, is_none ? STATUS_CONFIG : STATUS_IO, errno, "cannot read %s", path);
    }
    enum status status = read_all(fd, ret_file, path, err);
    close(fd);
    if (status == STATUS_OK && (ret_file->size < HEADER_SIZE || memcmp(ret_file->bytes, "TZif", 4) != 0))
        status = err_set(err, STATUS_CONFIG, "%s is no time zone", path);
    return status;
}

static uint64_t big_endian(const unsigned char *bytes, size_t size)
{
    uint64_t value = 0;
    for (size_t i = 0; i < size; i++)
        value = value << 8 | bytes[i];
    return value;
}

/* The block at an offset of the file; false when the file ends inside it. */
static bool find_block(const struct zone_file *file, size_t at, size_t time_size, struct block *ret_block)
{
    if (file->size < at + HEADER_SIZE)
        return false;
    const unsigned char *header = file->bytes + at;
    size_t counts[6]; /* flags of UT, flags of standard time, leap seconds, times, types, characters */
    for (size_t i = 0; i < 6; i++)
        counts[i] = (size_t)big_endian(header + 20 + 4 * i, 4);
    struct block block = {
        .times = header + HEADER_SIZE, .time_size = time_size, .time_count = counts[3], .type_count = counts[4]};
    size_t size = counts[0] + counts[1] + counts[2] * (time_size + 4) + counts[3] * (time_size + 1) +
                  counts[4] * TYPE_SIZE + counts[5];
    if (size > file->size - at - HEADER_SIZE)
        return false;
    block.types = block.times + block.time_count * time_size;
    block.offsets = block.types + block.time_count;
    block.end = block.times + size;
    *ret_block = block;
    return true;
}

static int64_t time_at(const struct block *block, size_t at)
{
    uint64_t raw = big_endian(block->times + at * block->time_size, block->time_size);
    return block->time_size == 4 ? (int64_t)(int32_t)(uint32_t)raw : (int64_t)raw;
}

static int32_t offset_of(const struct block *block, size_t type)
{
    return (int32_t)(uint32_t)big_endian(block->offsets + type * TYPE_SIZE, 4);
}

bool zone_file_agrees(const struct zone_file *file, int64_t from, int32_t (*offset_at)(int64_t utc_seconds))
{
    struct block block;
    if (!find_block(file, 0, 4, &block))
        return false;
    if (file->bytes[4] >= '2' && !find_block(file, (size_t)(block.end - file->bytes), 8, &block))
        return false;
    if (block.type_count == 0)
        return false;
    int32_t before = offset_of(&block, 0); /* of what has no changes */
    for (size_t i = 0; i < block.time_count; i++) {
        int64_t at = time_at(&block, i);
        if (block.types[i] >= block.type_count)
            return false;
        int32_t offset = offset_of(&block, block.types[i]);
        if (at < from)
            before = offset;
        else if (offset_at(at) != offset)
            return false;
    }
    return offset_at(from - 1) == before;
}
