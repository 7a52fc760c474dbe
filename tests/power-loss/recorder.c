/*
 * Preloaded into a process (LD_PRELOAD), journals every change and every sync below one directory,
 * with the bytes that were written, and fails or kills at chosen calls.
 *
 *   LADING_RECORD_ROOT     the directory; absolute, without symbolic links
 *   LADING_RECORD_JOURNAL  the file to append to; several processes may share it
 *   LADING_RECORD_FAULTS   `op:pattern:n:what[:sticky]`, joined by `;`: the nth call (from 1) of `op`
 *                          on a path that fits the pattern of a shell, whose `*` takes `/` too,
 *                          fails with `what`: an errno by name, SHORT (half of it is written), KILL
 *                          (before the call), KILLAFTER, or of a sync OMIT
 *                          (it succeeds and does nothing)
 *
 * A record is written before its call returns, so what one call depends on stands before it in the
 * journal. Whatever changes files in a way that is not followed here is journalled as fatal and
 * ends the process: a journal with a hole in it would prove nothing.
 */

#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

enum { WRITE = 1, WRITE_DURABLE, SYNC_BEGIN, SYNC_END, TRUNCATE, CREATE, MKDIR, UNLINK, RMDIR,
       RENAME, LINK, MARK, FATAL, FAULT };

/* As `journal.ts` reads it; little-endian. */
struct __attribute__((packed)) head {
  uint32_t length;
  uint8_t type;
  uint8_t in_flight; /* a write that is durable once WRITE_DURABLE of the same id follows */
  uint16_t path_length;
  uint16_t other_length;
  int32_t error;
  uint64_t inode;
  uint64_t offset;
  uint64_t id;
  uint32_t data_length;
};

#define DESCRIPTORS 4096
#define FAULTS 16

static char root[PATH_MAX];
static size_t root_length;
static int journal = -1;
/* Of writes and syncs; no two processes have one in common. */
static _Atomic uint64_t next_id;
/* Inodes of open files and directories below the root, by descriptor; 0 for any other. */
static _Atomic uint64_t tracked[DESCRIPTORS];
static _Atomic(char *) tracked_path[DESCRIPTORS];
static _Atomic int synchronous[DESCRIPTORS];

static struct fault {
  char op[16], pattern[128];
  int nth, error, sticky;
  enum { ERROR, SHORT, KILL, KILLAFTER, OMIT } kind;
  atomic_int count;
} faults[FAULTS];
static int fault_count;

#define REAL(name) ((__typeof__(&name))real_of(#name))
static void *real_of(const char *name) { return dlsym(RTLD_NEXT, name); }

static void append(int type, int in_flight, uint64_t id, int error, uint64_t inode, uint64_t offset,
                   const char *path, const char *other, const struct iovec *data, int count,
                   size_t data_length) {
  if (journal < 0) return;
  int saved = errno;
  struct head head = {0, type, in_flight, path ? strlen(path) : 0, other ? strlen(other) : 0,
                      error, inode, offset, id, data_length};
  head.length = sizeof head + head.path_length + head.other_length + data_length;
  /* One call on a file opened for appending: no other record gets in between. */
  struct iovec all[64];
  int n = 0;
  all[n++] = (struct iovec){&head, sizeof head};
  if (head.path_length) all[n++] = (struct iovec){(void *)path, head.path_length};
  if (head.other_length) all[n++] = (struct iovec){(void *)other, head.other_length};
  char *gathered = NULL;
  if (data_length) {
    gathered = malloc(data_length);
    size_t at = 0;
    for (int i = 0; i < count && at < data_length; i++) {
      size_t take = data[i].iov_len < data_length - at ? data[i].iov_len : data_length - at;
      memcpy(gathered + at, data[i].iov_base, take);
      at += take;
    }
    all[n++] = (struct iovec){gathered, data_length};
  }
  if (syscall(SYS_writev, journal, all, n) != (ssize_t)head.length) {
    static const char message[] = "recorder: the journal cannot be written\n";
    syscall(SYS_write, 2, message, sizeof message - 1);
    _exit(98);
  }
  free(gathered);
  errno = saved;
}

static void note(int type, int error, uint64_t inode, const char *path, const char *other) {
  append(type, 0, 0, error, inode, 0, path, other, NULL, 0, 0);
}

static void fatal(const char *what, const char *path) {
  append(FATAL, 0, 0, 0, 0, 0, path ? path : "", what, NULL, 0, 0);
  _exit(97);
}

static int error_of(const char *name) {
  if (!strcmp(name, "EIO")) return EIO;
  if (!strcmp(name, "ENOSPC")) return ENOSPC;
  if (!strcmp(name, "EDQUOT")) return EDQUOT;
  if (!strcmp(name, "EMFILE")) return EMFILE;
  if (!strcmp(name, "EROFS")) return EROFS;
  return 0;
}

static void read_faults(const char *text) {
  char *copy = strdup(text), *rest;
  for (char *one = strtok_r(copy, ";", &rest); one; one = strtok_r(NULL, ";", &rest)) {
    struct fault *fault = &faults[fault_count];
    char what[16] = "", sticky[8] = "";
    if (fault_count == FAULTS ||
        sscanf(one, "%15[^:]:%127[^:]:%d:%15[^:]:%7s", fault->op, fault->pattern, &fault->nth, what,
               sticky) < 4)
      fatal("an unknown fault", one);
    fault->sticky = !strcmp(sticky, "sticky");
    fault->error = error_of(what);
    fault->kind = !strcmp(what, "SHORT") ? SHORT : !strcmp(what, "KILL") ? KILL
                : !strcmp(what, "KILLAFTER") ? KILLAFTER : !strcmp(what, "OMIT") ? OMIT : ERROR;
    if (fault->kind == ERROR && !fault->error) fatal("an unknown fault", one);
    fault_count++;
  }
  free(copy);
}

__attribute__((constructor)) static void begin(void) {
  const char *directory = getenv("LADING_RECORD_ROOT"), *file = getenv("LADING_RECORD_JOURNAL");
  if (!directory || !file) return;
  strncpy(root, directory, sizeof root - 1);
  root_length = strlen(root);
  int fd = syscall(SYS_openat, AT_FDCWD, file, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  /* Out of the way of descriptors that the process counts on. */
  journal = fcntl(fd, F_DUPFD_CLOEXEC, 900);
  if (journal < 0) _exit(98);
  syscall(SYS_close, fd);
  const char *text = getenv("LADING_RECORD_FAULTS");
  if (text && *text) read_faults(text);
}

/* Writes the absolute path into `out` and returns it if it is the root or below, NULL otherwise. */
static const char *inside(int directory, const char *path, char *out) {
  if (journal < 0 || !path) return NULL;
  if (path[0] == '/') {
    strncpy(out, path, PATH_MAX - 1);
    out[PATH_MAX - 1] = 0;
  } else {
    char base[PATH_MAX];
    if (directory == AT_FDCWD) {
      if (!getcwd(base, sizeof base)) return NULL;
    } else {
      char link[64];
      snprintf(link, sizeof link, "/proc/self/fd/%d", directory);
      ssize_t length = readlink(link, base, sizeof base - 1);
      if (length < 0) return NULL;
      base[length] = 0;
    }
    snprintf(out, PATH_MAX, "%.2000s/%.2000s", base, path);
  }
  size_t length = strlen(out);
  while (length > 1 && out[length - 1] == '/') out[--length] = 0;
  if (strncmp(out, root, root_length) || (out[root_length] != '/' && out[root_length])) return NULL;
  if (strstr(out, "//") || strstr(out, "/./") || strstr(out, "/../"))
    fatal("a path that is not in its plain form", out);
  return out;
}

/* LMDB's lock file is shared memory, and made anew by whoever opens the environment first. */
static int is_lock(const char *path) {
  size_t length = strlen(path);
  return length >= 9 && !strcmp(path + length - 9, "/lock.mdb");
}

/* The fault for this call, if it is its turn. Kills at once where that is the fault. */
static struct fault *fault_for(const char *op, const char *path) {
  for (int i = 0; i < fault_count; i++) {
    struct fault *fault = &faults[i];
    if (strcmp(fault->op, op) || fnmatch(fault->pattern, path, 0)) continue;
    int count = atomic_fetch_add(&fault->count, 1) + 1;
    if (count != fault->nth && !(fault->sticky && count > fault->nth)) continue;
    note(FAULT, fault->error, 0, path, op);
    if (fault->kind == KILL) kill(getpid(), SIGKILL);
    return fault;
  }
  return NULL;
}

static void after(struct fault *fault) {
  if (fault && fault->kind == KILLAFTER) kill(getpid(), SIGKILL);
}

static int fails(struct fault *fault) {
  if (!fault || fault->kind != ERROR) return 0;
  errno = fault->error;
  return 1;
}

static uint64_t inode_of(const char *path) {
  struct stat status;
  return lstat(path, &status) ? 0 : status.st_ino;
}

/* The path of a tracked descriptor; NULL for any other, also when its number was used again. */
static const char *path_of(int fd, uint64_t *inode) {
  if (journal < 0 || fd < 0 || fd >= DESCRIPTORS || !tracked[fd]) return NULL;
  struct stat status;
  if (fstat(fd, &status) || status.st_ino != tracked[fd]) return NULL;
  *inode = status.st_ino;
  return tracked_path[fd];
}

static void track(int fd, const char *path, int flags) {
  if (fd < 0) return;
  if (fd >= DESCRIPTORS) {
    if (path) fatal("a descriptor beyond those that are followed", path);
    return;
  }
  struct stat status;
  tracked[fd] = path && !is_lock(path) && !fstat(fd, &status) ? status.st_ino : 0;
  /* Left in memory: another thread may be looking at it. */
  tracked_path[fd] = path ? strdup(path) : NULL;
  synchronous[fd] = (flags & O_DSYNC) != 0;
}

static int opened(int directory, const char *path, int flags, mode_t mode) {
  char absolute[PATH_MAX];
  const char *ours = inside(directory, path, absolute);
  if (ours && (flags & O_TMPFILE) == O_TMPFILE) fatal("O_TMPFILE", ours);
  struct fault *fault = ours ? fault_for("open", ours) : NULL;
  if (fails(fault)) return -1;
  int absent = ours && (flags & O_CREAT) && !inode_of(ours);
  int emptied = ours && (flags & O_TRUNC) && !absent && (flags & O_ACCMODE) != O_RDONLY;
  int fd = syscall(SYS_openat, directory, path, flags, mode);
  track(fd, fd < 0 ? NULL : ours, flags);
  if (fd >= 0 && ours && !is_lock(ours)) {
    if (absent) note(CREATE, 0, tracked[fd], ours, NULL);
    if (emptied) append(TRUNCATE, 0, 0, 0, tracked[fd], 0, ours, NULL, NULL, 0, 0);
  }
  after(fault);
  return fd;
}

#define OPEN(name, directory, ...)                                   \
  {                                                                  \
    mode_t mode = 0;                                                 \
    if (flags & (O_CREAT | O_TMPFILE)) {                             \
      va_list list;                                                  \
      va_start(list, flags);                                         \
      mode = va_arg(list, mode_t);                                   \
      va_end(list);                                                  \
    }                                                                \
    return opened(directory, path, flags, mode);                     \
  }
int open(const char *path, int flags, ...) OPEN(open, AT_FDCWD)
int open64(const char *path, int flags, ...) OPEN(open64, AT_FDCWD)
int openat(int directory, const char *path, int flags, ...) OPEN(openat, directory)
int openat64(int directory, const char *path, int flags, ...) OPEN(openat64, directory)
int creat(const char *path, mode_t mode) {
  return opened(AT_FDCWD, path, O_CREAT | O_WRONLY | O_TRUNC, mode);
}

int close(int fd) {
  if (fd >= 0 && fd < DESCRIPTORS) tracked[fd] = 0;
  return syscall(SYS_close, fd);
}

static void refuse(const char *call, int fd) {
  uint64_t inode;
  const char *path = path_of(fd, &inode);
  if (path) fatal(call, path);
}

int dup(int fd) { refuse("dup", fd); return REAL(dup)(fd); }
int dup2(int fd, int to) { refuse("dup2", fd); return REAL(dup2)(fd, to); }
int dup3(int fd, int to, int flags) { refuse("dup3", fd); return REAL(dup3)(fd, to, flags); }
ssize_t sendfile(int to, int from, off_t *offset, size_t count) {
  refuse("sendfile", to);
  return REAL(sendfile)(to, from, offset, count);
}
ssize_t sendfile64(int to, int from, off64_t *offset, size_t count) {
  refuse("sendfile64", to);
  return REAL(sendfile64)(to, from, offset, count);
}
ssize_t copy_file_range(int from, off64_t *at, int to, off64_t *offset, size_t count, unsigned flags) {
  refuse("copy_file_range", to);
  return REAL(copy_file_range)(from, at, to, offset, count, flags);
}
int fallocate(int fd, int mode, off_t offset, off_t length) {
  refuse("fallocate", fd);
  return REAL(fallocate)(fd, mode, offset, length);
}
int posix_fallocate(int fd, off_t offset, off_t length) {
  refuse("posix_fallocate", fd);
  return REAL(posix_fallocate)(fd, offset, length);
}

static void *mapped(void *at, size_t length, int protection, int flags, int fd, off_t offset) {
  if (fd >= 0 && (flags & MAP_SHARED) && (protection & PROT_WRITE)) refuse("a writable mapping", fd);
  return (void *)syscall(SYS_mmap, at, length, protection, flags, fd, offset);
}
void *mmap(void *at, size_t length, int protection, int flags, int fd, off_t offset) {
  return mapped(at, length, protection, flags, fd, offset);
}
void *mmap64(void *at, size_t length, int protection, int flags, int fd, off64_t offset) {
  return mapped(at, length, protection, flags, fd, offset);
}

static ssize_t call_write(int fd, const struct iovec *data, int count, off_t offset) {
  if (offset < 0) return syscall(SYS_writev, fd, data, count);
  return syscall(SYS_pwritev, fd, data, count, (long)offset, 0L);
}

/* `offset` is -1 where the descriptor's own position counts. */
static ssize_t written(int fd, const struct iovec *data, int count, off_t offset) {
  uint64_t inode;
  const char *path = path_of(fd, &inode);
  if (!path) return call_write(fd, data, count, offset);
  struct fault *fault = fault_for("write", path);
  if (fails(fault)) return -1;
  off_t at = offset;
  if (offset < 0) {
    struct stat status;
    int appends = fcntl(fd, F_GETFL) & O_APPEND;
    at = appends && !fstat(fd, &status) ? status.st_size : lseek(fd, 0, SEEK_CUR);
  }
  size_t total = 0;
  for (int i = 0; i < count; i++) total += data[i].iov_len;
  struct iovec half;
  if (fault && fault->kind == SHORT) {
    half = (struct iovec){data[0].iov_base, data[0].iov_len > 1 ? data[0].iov_len / 2 : 1};
    data = &half;
    count = 1;
    total = half.iov_len;
  }
  uint64_t id = (uint64_t)getpid() << 32 | atomic_fetch_add(&next_id, 1);
  /* While it runs, all of it, none or some may be on the disk. */
  if (synchronous[fd]) append(WRITE, 1, id, 0, inode, at, path, NULL, data, count, total);
  ssize_t done = call_write(fd, data, count, offset);
  if (synchronous[fd]) {
    if (done >= 0 && (size_t)done < total) fatal("a short synchronous write", path);
    append(WRITE_DURABLE, 0, id, done < 0 ? errno : 0, inode, at, path, NULL, NULL, 0, 0);
  } else if (done > 0) {
    append(WRITE, 0, id, 0, inode, at, path, NULL, data, count, done);
  }
  after(fault);
  return done;
}

ssize_t write(int fd, const void *bytes, size_t length) {
  uint64_t inode;
  if (!path_of(fd, &inode)) return syscall(SYS_write, fd, bytes, length);
  struct iovec one = {(void *)bytes, length};
  return written(fd, &one, 1, -1);
}
ssize_t writev(int fd, const struct iovec *data, int count) { return written(fd, data, count, -1); }
static ssize_t written_at(int fd, const void *bytes, size_t length, off_t offset) {
  uint64_t inode;
  if (!path_of(fd, &inode)) return syscall(SYS_pwrite64, fd, bytes, length, offset);
  struct iovec one = {(void *)bytes, length};
  return written(fd, &one, 1, offset);
}
ssize_t pwrite(int fd, const void *bytes, size_t length, off_t offset) {
  return written_at(fd, bytes, length, offset);
}
ssize_t pwrite64(int fd, const void *bytes, size_t length, off64_t offset) {
  return written_at(fd, bytes, length, offset);
}
ssize_t pwritev(int fd, const struct iovec *data, int count, off_t offset) {
  return written(fd, data, count, offset);
}
ssize_t pwritev64(int fd, const struct iovec *data, int count, off64_t offset) {
  return written(fd, data, count, offset);
}

static int truncated(int fd, off_t length) {
  uint64_t inode;
  const char *path = path_of(fd, &inode);
  struct fault *fault = path ? fault_for("truncate", path) : NULL;
  if (fails(fault)) return -1;
  int result = syscall(SYS_ftruncate, fd, length);
  if (path && !result) append(TRUNCATE, 0, 0, 0, inode, length, path, NULL, NULL, 0, 0);
  after(fault);
  return result;
}
int ftruncate(int fd, off_t length) { return truncated(fd, length); }
int ftruncate64(int fd, off64_t length) { return truncated(fd, length); }
static int truncated_path(const char *path) {
  char absolute[PATH_MAX];
  const char *ours = inside(AT_FDCWD, path, absolute);
  if (ours) fatal("truncate", ours);
  return 0;
}
int truncate(const char *path, off_t length) {
  truncated_path(path);
  return REAL(truncate)(path, length);
}

static int synced(int fd, int number) {
  uint64_t inode;
  const char *path = path_of(fd, &inode);
  if (!path) return syscall(number, fd);
  struct fault *fault = fault_for("sync", path);
  if (fault && fault->kind == OMIT) return 0;
  uint64_t id = (uint64_t)getpid() << 32 | atomic_fetch_add(&next_id, 1);
  append(SYNC_BEGIN, 0, id, 0, inode, 0, path, NULL, NULL, 0, 0);
  int result = fails(fault) ? -1 : syscall(number, fd);
  append(SYNC_END, 0, id, result ? errno : 0, inode, 0, path, NULL, NULL, 0, 0);
  after(fault);
  return result;
}
int fsync(int fd) { return synced(fd, SYS_fsync); }
int fdatasync(int fd) { return synced(fd, SYS_fdatasync); }

static int renamed(int from_directory, const char *from, int to_directory, const char *to) {
  char one[PATH_MAX], other[PATH_MAX];
  const char *source = inside(from_directory, from, one), *target = inside(to_directory, to, other);
  if (!source != !target) fatal("a rename across the root", source ? source : target);
  struct fault *fault = source ? fault_for("rename", source) : NULL;
  if (fails(fault)) return -1;
  uint64_t inode = source ? inode_of(source) : 0;
  int result = syscall(SYS_renameat, from_directory, from, to_directory, to);
  if (source && !result) note(RENAME, 0, inode, source, target);
  after(fault);
  return result;
}
int rename(const char *from, const char *to) { return renamed(AT_FDCWD, from, AT_FDCWD, to); }
int renameat(int fd, const char *from, int other, const char *to) { return renamed(fd, from, other, to); }
int renameat2(int fd, const char *from, int other, const char *to, unsigned flags) {
  if (flags) fatal("renameat2", from);
  return renamed(fd, from, other, to);
}

int link(const char *from, const char *to) {
  char one[PATH_MAX], other[PATH_MAX];
  const char *source = inside(AT_FDCWD, from, one), *target = inside(AT_FDCWD, to, other);
  struct fault *fault = target ? fault_for("link", target) : NULL;
  if (fails(fault)) return -1;
  int result = syscall(SYS_linkat, AT_FDCWD, from, AT_FDCWD, to, 0);
  if (target && !result) note(LINK, 0, inode_of(target), target, source);
  after(fault);
  return result;
}
int symlink(const char *text, const char *path) {
  char absolute[PATH_MAX];
  if (inside(AT_FDCWD, path, absolute)) fatal("symlink", path);
  return syscall(SYS_symlinkat, text, AT_FDCWD, path);
}

static int unlinked(int directory, const char *path, int flags) {
  char absolute[PATH_MAX];
  const char *ours = inside(directory, path, absolute);
  int folder = flags & AT_REMOVEDIR;
  struct fault *fault = ours ? fault_for(folder ? "rmdir" : "unlink", ours) : NULL;
  if (fails(fault)) return -1;
  uint64_t inode = ours ? inode_of(ours) : 0;
  int result = syscall(SYS_unlinkat, directory, path, flags);
  if (ours && !result && !is_lock(ours)) note(folder ? RMDIR : UNLINK, 0, inode, ours, NULL);
  after(fault);
  return result;
}
int unlink(const char *path) { return unlinked(AT_FDCWD, path, 0); }
int unlinkat(int directory, const char *path, int flags) { return unlinked(directory, path, flags); }
int rmdir(const char *path) { return unlinked(AT_FDCWD, path, AT_REMOVEDIR); }

static int made(int directory, const char *path, mode_t mode) {
  char absolute[PATH_MAX];
  const char *ours = inside(directory, path, absolute);
  struct fault *fault = ours ? fault_for("mkdir", ours) : NULL;
  if (fails(fault)) return -1;
  int result = syscall(SYS_mkdirat, directory, path, mode);
  if (ours && !result) note(MKDIR, 0, inode_of(ours), ours, NULL);
  after(fault);
  return result;
}
int mkdir(const char *path, mode_t mode) { return made(AT_FDCWD, path, mode); }
int mkdirat(int directory, const char *path, mode_t mode) { return made(directory, path, mode); }
