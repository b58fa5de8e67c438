/* Calls of the C library that fail, stop or end the process when told to, for those on files below one folder.
 *
 * Loaded into a process by LD_PRELOAD; `faulty.py` arms it. Whoever calls the C library is reached: Python, SQLite,
 * Arrow, NumPy. Not reached are calls that the C library makes itself (of FILE streams, as fread for NumPy's fromfile;
 * of listing a folder all but opening it) and changes through a mapping, as of SQLite's file of shared memory.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

enum kind { WRITE, SYNC, OPEN, RENAME, UNLINK, MMAP, TRUNCATE, MKDIR, READ, CLOSE, LOCK, KINDS };
enum action { FAIL, SHORT, KILL, STOP };

/* Shared with the process that forked this one, which reads it when this one has ended. */
struct report {
    atomic_long counts[KINDS];
    atomic_long seen;
    atomic_long fired;
    char call[64];
    char path[512];
};

static struct report *report;
static char folder[512];
static int kinds, action, error, is_lasting;
static long nth;

static void *real(const char *name) { return dlsym(RTLD_NEXT, name); }

/* Calls REAL(name) as the C library has it. */
#define REAL(name)                                                                                                     \
    static __typeof__(&name) real_##name;                                                                             \
    if (!real_##name) real_##name = real(#name)

struct report *faults_report(void) {
    if (!report) {
        void *room = (void *)syscall(SYS_mmap, 0, sizeof *report, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
        report = room == MAP_FAILED ? 0 : room;
    }
    return report;
}

/* Have the nth call, of these kinds and below a folder, fail; with `is_lasting_` those after it, too. */
void faults_arm(const char *folder_, int kinds_, long nth_, int action_, int error_, int is_lasting_) {
    memset(faults_report(), 0, sizeof *report);
    kinds = kinds_, nth = nth_, action = action_, error = error_, is_lasting = is_lasting_;
    snprintf(folder, sizeof folder, "%s", folder_);
}

static int is_below(const char *path) {
    size_t size = strlen(folder);
    return size && !strncmp(path, folder, size) && (path[size] == '/' || !path[size]);
}

/* Write the path of an open file; the empty one where it has none. */
static void path_of(int handle, char *path, size_t size) {
    char link[64];
    snprintf(link, sizeof link, "/proc/self/fd/%d", handle);
    ssize_t length = handle < 0 ? 0 : syscall(SYS_readlinkat, AT_FDCWD, link, path, size - 1);
    path[length < 0 ? 0 : length] = 0;
}

/* Say what becomes of a call: 0 it is made, SHORTENED it does half, else it fails with this error. */
#define SHORTENED -1

static int fate(enum kind kind, const char *call, const char *path) {
    if (!(kinds >> kind & 1) || !is_below(path)) return 0;
    int saved = errno;
    atomic_fetch_add(&report->counts[kind], 1);
    long number = atomic_fetch_add(&report->seen, 1) + 1;
    int fires = action == STOP || number == nth || (is_lasting && nth && number > nth);
    if (fires && (!atomic_fetch_add(&report->fired, 1) || action == STOP)) {
        snprintf(report->call, sizeof report->call, "%s", call);
        snprintf(report->path, sizeof report->path, "%s", path);
    }
    if (fires && action == KILL) syscall(SYS_kill, getpid(), SIGKILL);
    if (fires && action == STOP) syscall(SYS_tgkill, getpid(), syscall(SYS_gettid), SIGSTOP);
    errno = saved;
    if (!fires || action == STOP) return 0;
    return action == SHORT ? SHORTENED : kind == MMAP && error == ENOSPC ? ENOMEM : error;
}

static int fate_of_handle(enum kind kind, const char *call, int handle) {
    char path[512];
    if (!(kinds >> kind & 1) || !folder[0]) return 0;
    int saved = errno;
    path_of(handle, path, sizeof path);
    errno = saved;
    return fate(kind, call, path);
}

static int fate_of_name(enum kind kind, const char *call, int at, const char *name) {
    char path[512], whole[1200];
    if (!(kinds >> kind & 1) || !folder[0]) return 0;
    if (name[0] == '/') return fate(kind, call, name);
    int saved = errno;
    if (at != AT_FDCWD) path_of(at, path, sizeof path);
    else if (!getcwd(path, sizeof path)) path[0] = 0;
    errno = saved;
    snprintf(whole, sizeof whole, "%s/%s", path, name);
    return fate(kind, call, whole);
}

#define FAIL_IF(fate, failed)                                                                                          \
    do {                                                                                                               \
        int why = fate;                                                                                                \
        if (why > 0) {                                                                                                 \
            errno = why;                                                                                               \
            return failed;                                                                                             \
        }                                                                                                              \
    } while (0)

/* Half of it, of one byte the whole: to write nothing is no progress, and would be asked for again for ever. */
static size_t half(size_t size) { return size > 1 ? size / 2 : size; }

#define OF_BYTES(kind, name, type, given, passed)                                                                      \
    ssize_t name given {                                                                                               \
        REAL(name);                                                                                                    \
        int told = fate_of_handle(kind, #name, handle);                                                                \
        if (told == SHORTENED) size = half(size);                                                                      \
        else FAIL_IF(told, -1);                                                                                        \
        return real_##name passed;                                                                                     \
    }

OF_BYTES(WRITE, write, ssize_t, (int handle, const void *data, size_t size), (handle, data, size))
OF_BYTES(WRITE, pwrite, ssize_t, (int handle, const void *data, size_t size, off_t at), (handle, data, size, at))
OF_BYTES(WRITE, pwrite64, ssize_t, (int handle, const void *data, size_t size, off64_t at), (handle, data, size, at))
OF_BYTES(WRITE, sendfile, ssize_t, (int handle, int from, off_t *at, size_t size), (handle, from, at, size))
OF_BYTES(WRITE, sendfile64, ssize_t, (int handle, int from, off64_t *at, size_t size), (handle, from, at, size))
OF_BYTES(READ, read, ssize_t, (int handle, void *data, size_t size), (handle, data, size))
OF_BYTES(READ, pread, ssize_t, (int handle, void *data, size_t size, off_t at), (handle, data, size, at))
OF_BYTES(READ, pread64, ssize_t, (int handle, void *data, size_t size, off64_t at), (handle, data, size, at))

ssize_t copy_file_range(int from, off64_t *start, int handle, off64_t *at, size_t size, unsigned flags) {
    REAL(copy_file_range);
    int told = fate_of_handle(WRITE, "copy_file_range", handle);
    if (told == SHORTENED) size = half(size);
    else FAIL_IF(told, -1);
    return real_copy_file_range(from, start, handle, at, size, flags);
}

/* Of several pieces the first is half of it; glibc has them at two names, with 64-bit offsets both. */
#define OF_PIECES(kind, name, given, passed)                                                                           \
    ssize_t name given {                                                                                               \
        REAL(name);                                                                                                    \
        int told = fate_of_handle(kind, #name, handle);                                                                \
        if (told == SHORTENED && count > 1) count = 1;                                                                 \
        else FAIL_IF(told, -1);                                                                                        \
        return real_##name passed;                                                                                     \
    }

OF_PIECES(WRITE, writev, (int handle, const struct iovec *pieces, int count), (handle, pieces, count))
OF_PIECES(WRITE, pwritev, (int handle, const struct iovec *pieces, int count, off_t at), (handle, pieces, count, at))
OF_PIECES(WRITE, pwritev64, (int handle, const struct iovec *pieces, int count, off64_t at), (handle, pieces, count, at))
OF_PIECES(READ, readv, (int handle, const struct iovec *pieces, int count), (handle, pieces, count))
OF_PIECES(READ, preadv, (int handle, const struct iovec *pieces, int count, off_t at), (handle, pieces, count, at))
OF_PIECES(READ, preadv64, (int handle, const struct iovec *pieces, int count, off64_t at), (handle, pieces, count, at))

#define OF_HANDLE(kind, name, given, passed)                                                                           \
    int name given {                                                                                                   \
        REAL(name);                                                                                                    \
        FAIL_IF(fate_of_handle(kind, #name, handle), -1);                                                              \
        return real_##name passed;                                                                                     \
    }

OF_HANDLE(SYNC, fsync, (int handle), (handle))
OF_HANDLE(SYNC, fdatasync, (int handle), (handle))
OF_HANDLE(SYNC, syncfs, (int handle), (handle))
OF_HANDLE(TRUNCATE, ftruncate, (int handle, off_t size), (handle, size))
OF_HANDLE(TRUNCATE, ftruncate64, (int handle, off64_t size), (handle, size))
OF_HANDLE(TRUNCATE, fallocate, (int handle, int mode, off_t at, off_t size), (handle, mode, at, size))
OF_HANDLE(TRUNCATE, fallocate64, (int handle, int mode, off64_t at, off64_t size), (handle, mode, at, size))
OF_HANDLE(LOCK, flock, (int handle, int how), (handle, how))

/* Of what it is asked only locks fail. */
#define OF_CONTROL(name)                                                                                               \
    int name(int handle, int what, ...) {                                                                              \
        REAL(name);                                                                                                    \
        va_list rest;                                                                                                  \
        va_start(rest, what);                                                                                          \
        void *given = va_arg(rest, void *);                                                                            \
        va_end(rest);                                                                                                  \
        if (what == F_SETLK || what == F_SETLKW) FAIL_IF(fate_of_handle(LOCK, #name, handle), -1);                     \
        return real_##name(handle, what, given);                                                                       \
    }

OF_CONTROL(fcntl)
OF_CONTROL(fcntl64)

/* These return the error. */
int posix_fallocate(int handle, off_t at, off_t size) {
    REAL(posix_fallocate);
    int told = fate_of_handle(TRUNCATE, "posix_fallocate", handle);
    return told > 0 ? told : real_posix_fallocate(handle, at, size);
}

int posix_fallocate64(int handle, off64_t at, off64_t size) {
    REAL(posix_fallocate64);
    int told = fate_of_handle(TRUNCATE, "posix_fallocate64", handle);
    return told > 0 ? told : real_posix_fallocate64(handle, at, size);
}

/* It fails, and the handle is closed all the same, as Linux has it. */
int close(int handle) {
    REAL(close);
    int told = fate_of_handle(CLOSE, "close", handle), done = real_close(handle);
    FAIL_IF(told, -1);
    return done;
}

void *mmap(void *at, size_t size, int rights, int flags, int handle, off_t offset) {
    if (handle >= 0 && !(flags & MAP_ANONYMOUS)) FAIL_IF(fate_of_handle(MMAP, "mmap", handle), MAP_FAILED);
    return (void *)syscall(SYS_mmap, at, size, rights, flags, handle, offset);
}

void *mmap64(void *at, size_t size, int rights, int flags, int handle, off64_t offset) {
    return mmap(at, size, rights, flags, handle, offset);
}

#define OF_NAME(kind, name, given, passed)                                                                             \
    int name given {                                                                                                   \
        REAL(name);                                                                                                    \
        FAIL_IF(fate_of_name(kind, #name, AT_FDCWD, path), -1);                                                        \
        return real_##name passed;                                                                                     \
    }

OF_NAME(RENAME, rename, (const char *path, const char *to), (path, to))
OF_NAME(UNLINK, unlink, (const char *path), (path))
OF_NAME(UNLINK, rmdir, (const char *path), (path))
OF_NAME(UNLINK, remove, (const char *path), (path))
OF_NAME(MKDIR, mkdir, (const char *path, mode_t mode), (path, mode))
OF_NAME(TRUNCATE, truncate, (const char *path, off_t size), (path, size))

#define OF_NAME_AT(kind, name, given, passed)                                                                          \
    int name given {                                                                                                   \
        REAL(name);                                                                                                    \
        FAIL_IF(fate_of_name(kind, #name, at, path), -1);                                                              \
        return real_##name passed;                                                                                     \
    }

OF_NAME_AT(RENAME, renameat, (int at, const char *path, int there, const char *to), (at, path, there, to))
OF_NAME_AT(RENAME, renameat2, (int at, const char *path, int there, const char *to, unsigned flags),
           (at, path, there, to, flags))
OF_NAME_AT(UNLINK, unlinkat, (int at, const char *path, int flags), (at, path, flags))
OF_NAME_AT(MKDIR, mkdirat, (int at, const char *path, mode_t mode), (at, path, mode))

/* No room is needed to open what is there. */
static int fate_of_opening(const char *call, int at, const char *path, int flags) {
    if (action == FAIL && error == ENOSPC && !(flags & O_CREAT)) return 0;
    return fate_of_name(OPEN, call, at, path);
}

static mode_t mode_of(int flags, va_list rest) {
    return flags & (O_CREAT | (O_TMPFILE & ~O_DIRECTORY)) ? va_arg(rest, mode_t) : 0;
}

static int opened(const char *call, int at, const char *path, int flags, mode_t mode) {
    FAIL_IF(fate_of_opening(call, at, path, flags), -1);
    return syscall(SYS_openat, at, path, flags, mode);
}

#define OF_OPENING(name)                                                                                               \
    int name(const char *path, int flags, ...) {                                                                       \
        va_list rest;                                                                                                  \
        va_start(rest, flags);                                                                                         \
        mode_t mode = mode_of(flags, rest);                                                                            \
        va_end(rest);                                                                                                  \
        return opened(#name, AT_FDCWD, path, flags, mode);                                                             \
    }

#define OF_OPENING_AT(name)                                                                                            \
    int name(int at, const char *path, int flags, ...) {                                                               \
        va_list rest;                                                                                                  \
        va_start(rest, flags);                                                                                         \
        mode_t mode = mode_of(flags, rest);                                                                            \
        va_end(rest);                                                                                                  \
        return opened(#name, at, path, flags, mode);                                                                   \
    }

OF_OPENING(open)
OF_OPENING(open64)
OF_OPENING(__open_2)
OF_OPENING(__open64_2)
OF_OPENING_AT(openat)
OF_OPENING_AT(openat64)
OF_OPENING_AT(__openat_2)
OF_OPENING_AT(__openat64_2)

DIR *opendir(const char *path) {
    REAL(opendir);
    FAIL_IF(fate_of_opening("opendir", AT_FDCWD, path, O_DIRECTORY), 0);
    return real_opendir(path);
}

int creat(const char *path, mode_t mode) { return opened("creat", AT_FDCWD, path, O_CREAT | O_WRONLY | O_TRUNC, mode); }
