/* Preloaded into a process, writes down everything it writes below one folder, in order: what a disk would have seen.
   A record is: kind (1 write, 2 truncate, 3 sync, 4 unlink), path length, offset, data length, path, data. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

static int record_fd = -1;
static char root[PATH_MAX];
static size_t root_length;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static ssize_t (*real_write)(int, const void *, size_t);
static ssize_t (*real_pwrite64)(int, const void *, size_t, off64_t);
static int (*real_ftruncate64)(int, off64_t);
static int (*real_fsync)(int);
static int (*real_fdatasync)(int);
static int (*real_unlink)(const char *);

__attribute__((constructor)) static void begin(void) {
  real_write = dlsym(RTLD_NEXT, "write");
  real_pwrite64 = dlsym(RTLD_NEXT, "pwrite64");
  real_ftruncate64 = dlsym(RTLD_NEXT, "ftruncate64");
  real_fsync = dlsym(RTLD_NEXT, "fsync");
  real_fdatasync = dlsym(RTLD_NEXT, "fdatasync");
  real_unlink = dlsym(RTLD_NEXT, "unlink");
  const char *folder = getenv("RECORD_ROOT");
  const char *file = getenv("RECORD_FILE");
  if (folder == NULL || file == NULL) return;
  snprintf(root, sizeof root, "%s/", folder);
  root_length = strlen(root);
  record_fd = open(file, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
}

/* Only what lies below the folder; the shared-memory files live in memory and are gone with the power. */
static int wanted(const char *path) {
  size_t length = strlen(path);
  return strncmp(path, root, root_length) == 0 && !(length > 4 && strcmp(path + length - 4, "-shm") == 0);
}

static void put(const void *bytes, size_t length) {
  const char *at = bytes;
  while (length > 0) {
    ssize_t written = real_write(record_fd, at, length);
    if (written <= 0) abort();
    at += written;
    length -= (size_t)written;
  }
}

static void record(int32_t kind, const char *path, int64_t offset, const void *data, int64_t length) {
  int32_t path_length = (int32_t)strlen(path);
  char head[24];
  memcpy(head, &kind, 4);
  memcpy(head + 4, &path_length, 4);
  memcpy(head + 8, &offset, 8);
  memcpy(head + 16, &length, 8);
  put(head, sizeof head);
  put(path, (size_t)path_length);
  put(data, (size_t)length);
}

/* The path of a descriptor, or nothing when it is of no interest. */
static int path_of(int fd, char *path) {
  char link[64];
  if (record_fd < 0 || fd == record_fd) return 0;
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  ssize_t length = readlink(link, path, PATH_MAX - 1);
  if (length <= 0) return 0;
  path[length] = 0;
  return wanted(path);
}

ssize_t write(int fd, const void *data, size_t length) {
  char path[PATH_MAX];
  if (!path_of(fd, path)) return real_write(fd, data, length);
  pthread_mutex_lock(&lock);
  int flags = fcntl(fd, F_GETFL);
  off64_t at = (flags & O_APPEND) != 0 ? lseek64(fd, 0, SEEK_END) : lseek64(fd, 0, SEEK_CUR);
  ssize_t written = real_write(fd, data, length);
  if (written > 0) record(1, path, at, data, written);
  pthread_mutex_unlock(&lock);
  return written;
}

ssize_t pwrite64(int fd, const void *data, size_t length, off64_t at) {
  char path[PATH_MAX];
  if (!path_of(fd, path)) return real_pwrite64(fd, data, length, at);
  pthread_mutex_lock(&lock);
  ssize_t written = real_pwrite64(fd, data, length, at);
  if (written > 0) record(1, path, at, data, written);
  pthread_mutex_unlock(&lock);
  return written;
}

ssize_t pwrite(int fd, const void *data, size_t length, off_t at) { return pwrite64(fd, data, length, at); }

int ftruncate64(int fd, off64_t length) {
  char path[PATH_MAX];
  if (!path_of(fd, path)) return real_ftruncate64(fd, length);
  pthread_mutex_lock(&lock);
  int code = real_ftruncate64(fd, length);
  if (code == 0) record(2, path, length, "", 0);
  pthread_mutex_unlock(&lock);
  return code;
}

int ftruncate(int fd, off_t length) { return ftruncate64(fd, length); }

/* Recorded after it has returned: only then is it certain. */
static int synced(int fd, int (*sync)(int)) {
  char path[PATH_MAX];
  int code = sync(fd);
  if (code != 0 || !path_of(fd, path)) return code;
  pthread_mutex_lock(&lock);
  record(3, path, 0, "", 0);
  pthread_mutex_unlock(&lock);
  return code;
}

int fsync(int fd) { return synced(fd, real_fsync); }
int fdatasync(int fd) { return synced(fd, real_fdatasync); }

int unlink(const char *path) {
  int code = real_unlink(path);
  if (code == 0 && record_fd >= 0 && wanted(path)) {
    pthread_mutex_lock(&lock);
    record(4, path, 0, "", 0);
    pthread_mutex_unlock(&lock);
  }
  return code;
}
