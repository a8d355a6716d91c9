#include "cli/output.h"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <array>
#include <filesystem>
#include <cerrno>
#include <cmath>
#include <cstdio>

#include "namesake/base/error.h"

namespace namesake::cli {

void print(std::string_view text) {
  errno = 0;
  if (std::fwrite(text.data(), 1, text.size(), stdout) != text.size() || std::fflush(stdout) != 0) {
    throw IoError("standard output", "writing", errno != 0 ? errno : EIO);
  }
}

void print_json(const JsonValue& value) { print(to_json(value) + "\n"); }

int terminal_columns() {
  winsize size{};
  if (::isatty(STDOUT_FILENO) == 1 && ::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0) return size.ws_col;
  return 0;
}

std::string logs_text(const Logs& logs) {
  std::string text;
  for (const auto& [name, value] : logs) {
    const bool small = value != 0 && std::abs(value) < 1e-3;
    text += fmt::format("{}{} {}", text.empty() ? "" : ", ", name, small ? fmt::format("{:.4e}", value) : fmt::format("{:.4f}", value));
  }
  return text;
}

JsonValue logs_json(const Logs& logs) {
  JsonValue object = JsonValue::object();
  for (const auto& [name, value] : logs) object.add(name, value);
  return object;
}

std::string size_text(std::uint64_t bytes) {
  constexpr std::array<std::string_view, 5> kUnits = {"B", "KB", "MB", "GB", "TB"};
  double size = static_cast<double>(bytes);
  std::size_t unit = 0;
  while (size >= 1024 && unit + 1 < kUnits.size()) {
    size /= 1024;
    ++unit;
  }
  return unit == 0 ? fmt::format("{} B", bytes) : fmt::format("{:.1f} {}", size, kUnits[unit]);
}

std::uint64_t size_on_disk(const std::string& path) {
  if (!std::filesystem::is_directory(path)) return std::filesystem::file_size(path);
  std::uint64_t bytes = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(path)) {
    if (entry.is_regular_file()) bytes += entry.file_size();
  }
  return bytes;
}

}  // namespace namesake::cli
