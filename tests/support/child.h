// Code run in a process of its own: what may be killed, what changes limits, users or mounts.
#pragma once

#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <exception>
#include <string>
#include <string_view>

namespace namesake::testing {

/// How a child ended: "" if it returned "", else what it returned, or what killed it.
inline std::string end_of(pid_t child, int pipe_end = -1) {
  std::string said;
  char buffer[4096];
  if (pipe_end >= 0) {
    for (ssize_t got = 0; (got = ::read(pipe_end, buffer, sizeof buffer)) > 0;) said.append(buffer, static_cast<std::size_t>(got));
    ::close(pipe_end);
  }
  int status = -1;
  if (::waitpid(child, &status, 0) != child) return "the child was lost";
  if (WIFSIGNALED(status)) return said + "killed by signal " + std::to_string(WTERMSIG(status));
  return said;
}

/// Runs `body`, which returns what is wrong ("" if nothing is), in a child process; returns that, or how the child died.
inline std::string in_child(const auto& body) {
  int ends[2];
  if (::pipe(ends) != 0) return "no pipe";
  const pid_t child = ::fork();
  if (child == 0) {
    std::string said;
    try {
      said = body();
    } catch (const std::exception& error) {
      said = std::string("threw: ") + error.what();
    }
    (void)!::write(ends[1], said.data(), said.size());
    ::_exit(0);
  }
  ::close(ends[1]);
  return child < 0 ? "no child" : end_of(child, ends[0]);
}

/// Starts `body` in a child that goes on until it is killed. Returns once `body` was begun.
inline pid_t start_child(const auto& body) {
  int ends[2];
  if (::pipe(ends) != 0) return -1;
  const pid_t child = ::fork();
  if (child == 0) {
    (void)!::write(ends[1], "x", 1);
    try {
      body();
    } catch (const std::exception&) {
      ::_exit(1);
    }
    ::_exit(0);
  }
  ::close(ends[1]);
  char begun = 0;
  (void)!::read(ends[0], &begun, 1);
  ::close(ends[0]);
  return child;
}

/// Says "skip" where the system does not let a test have mounts of its own.
inline constexpr std::string_view kNoMounts = "skip: this system lets no test mount anything";

/// In a child: mounts from here on are seen by this process alone. False if the system does not allow it.
inline bool have_own_mounts() {
  const auto write_file = [](const char* path, const std::string& text) {
    const int file = ::open(path, O_WRONLY | O_CLOEXEC);
    const bool done = file >= 0 && ::write(file, text.data(), text.size()) == static_cast<ssize_t>(text.size());
    if (file >= 0) ::close(file);
    return done;
  };
  const uid_t user = ::getuid();
  const gid_t group = ::getgid();
  if (::unshare(CLONE_NEWNS) != 0) {
    if (::unshare(CLONE_NEWUSER | CLONE_NEWNS) != 0) return false;
    (void)write_file("/proc/self/setgroups", "deny");
    if (!write_file("/proc/self/uid_map", "0 " + std::to_string(user) + " 1") || !write_file("/proc/self/gid_map", "0 " + std::to_string(group) + " 1")) return false;
  }
  return ::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0;
}

/// In a child with mounts of its own: a disk of `bytes` at `folder`, in memory. False if the system does not allow it.
inline bool mount_small_disk(const std::string& folder, std::size_t bytes) {
  return ::mount("tmpfs", folder.c_str(), "tmpfs", 0, ("size=" + std::to_string(bytes)).c_str()) == 0;
}

/// In a child with mounts of its own: `folder` can only be read from here on. False if the system does not allow it.
inline bool mount_read_only(const std::string& folder) {
  if (::mount(folder.c_str(), folder.c_str(), nullptr, MS_BIND, nullptr) != 0) return false;
  return ::mount(nullptr, folder.c_str(), nullptr, MS_BIND | MS_REMOUNT | MS_RDONLY, nullptr) == 0;
}

}  // namespace namesake::testing
