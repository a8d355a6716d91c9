#include "namesake/saving/checkpoint/checkpoint_state.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <system_error>

#include "namesake/base/atomic_file.h"
#include "namesake/base/error.h"
#include "namesake/base/mapped_file.h"

namespace namesake::saving {
namespace {

namespace fs = std::filesystem;

std::string in_quotes(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') out += fmt::format("\\{}", c);
    else if (byte < 0x20 || byte >= 0x7f) out += fmt::format("\\{:03o}", byte);
    else out += c;
  }
  return out + "\"";
}

bool is_octal(char c) { return c >= '0' && c <= '7'; }

// What a quoted text means, with protobuf's escapes; nothing if it is none.
std::optional<std::string> unquoted(std::string_view text) {
  if (text.size() < 2 || (text[0] != '"' && text[0] != '\'') || text.back() != text[0]) return std::nullopt;
  const std::string_view inner = text.substr(1, text.size() - 2);
  constexpr std::string_view kLetters = "ntr", kMeanings = "\n\t\r";
  std::string out;
  for (std::size_t i = 0; i < inner.size(); ++i) {
    if (inner[i] != '\\') {
      out += inner[i];
      continue;
    }
    if (++i == inner.size()) return std::nullopt;
    if (is_octal(inner[i])) {
      unsigned value = 0;
      for (int digits = 0; digits < 3 && i < inner.size() && is_octal(inner[i]); ++digits, ++i) value = value * 8 + static_cast<unsigned>(inner[i] - '0');
      out += static_cast<char>(value & 0xffU);
      --i;
    } else {
      const std::size_t letter = kLetters.find(inner[i]);
      out += letter == std::string_view::npos ? inner[i] : kMeanings[letter];
    }
  }
  return out;
}

// Seconds since 1970; 0 for a checkpoint that is not there.
double written_at(const fs::path& prefix) {
  struct stat status {};
  if (::stat((prefix.string() + ".index").c_str(), &status) != 0) return 0;
  return static_cast<double>(status.st_mtim.tv_sec) + 1e-9 * static_cast<double>(status.st_mtim.tv_nsec);
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t' || text.back() == '\r')) text.remove_suffix(1);
  return text;
}

}  // namespace

std::optional<CheckpointState> read_checkpoint_state(const fs::path& directory) {
  const std::string name = (directory / "checkpoint").string();
  std::error_code error;
  if (!fs::exists(name, error)) return std::nullopt;
  const auto file = base::MappedFile::open(name);
  std::string_view rest(reinterpret_cast<const char*>(file->bytes().data()), file->bytes().size());
  CheckpointState state;
  for (std::uint64_t line_number = 1; !rest.empty(); ++line_number) {
    const std::string_view line = trimmed(rest.substr(0, rest.find('\n')));
    rest.remove_prefix(std::min(rest.size(), rest.find('\n') == std::string_view::npos ? rest.size() : rest.find('\n') + 1));
    if (line.empty() || line.front() == '#') continue;
    const std::size_t colon = line.find(':');
    const std::string_view key = line.substr(0, colon);
    if (key != "model_checkpoint_path" && key != "all_model_checkpoint_paths") continue;  // times at which they were written
    const auto value = colon == std::string_view::npos ? std::nullopt : unquoted(trimmed(line.substr(colon + 1)));
    if (!value) throw FormatError(name, fmt::format("line {}", line_number), {.what = "A path is damaged.", .expected = fmt::format("{}: \"...\"", key)});
    const fs::path path = directory / *value;  // itself if it is absolute
    key == "model_checkpoint_path" ? static_cast<void>(state.latest = path) : state.all.push_back(path);
  }
  if (state.latest.empty()) throw FormatError(name, "", {.what = "The file names no latest checkpoint.", .expected = "model_checkpoint_path: \"...\""});
  return state;
}

void write_checkpoint_state(const fs::path& directory, const CheckpointState& state) {
  const fs::path own = (directory / "x").parent_path();  // without a slash at its end
  const auto named = [&](const fs::path& path) {
    const fs::path folder = path.parent_path();
    return in_quotes(folder == own || folder.empty() ? path.filename().string() : fs::absolute(path).string());
  };
  std::string text = fmt::format("model_checkpoint_path: {}\n", named(state.latest));
  for (const fs::path& path : state.all) text += fmt::format("all_model_checkpoint_paths: {}\n", named(path));
  for (const fs::path& path : state.all) text += fmt::format("all_model_checkpoint_timestamps: {:.6f}\n", written_at(path));
  base::write_file_atomically((directory / "checkpoint").string(), std::as_bytes(std::span(text)));
}

}  // namespace namesake::saving
