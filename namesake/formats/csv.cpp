#include "namesake/formats/csv.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <optional>

#include "namesake/base/error.h"
#include "namesake/base/mapped_file.h"

namespace namesake::formats {
namespace {

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
constexpr std::size_t kMostShown = 40;

std::string_view trim(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

std::optional<float> number(std::string_view text) {
  if (text.starts_with('+')) text.remove_prefix(1);
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || !std::isfinite(value)) return std::nullopt;
  const auto single = static_cast<float>(value);
  return std::isfinite(single) ? std::optional(single) : std::nullopt;
}

// True for an empty cell too: neither can stand in a header.
bool begins_as_number(std::string_view cell) {
  return trim(cell).find_first_of("0123456789+-.") == 0 || trim(cell).empty();
}

class Parser {
 public:
  Parser(std::string_view text, const std::string& file, CsvOptions options)
      : text_(text), file_(file), options_(options) {
    if (text_.starts_with(kByteOrderMark)) text_.remove_prefix(kByteOrderMark.size());
  }

  CsvTable parse() {
    CsvTable table;
    std::vector<float> values;
    std::size_t width = 0, rows = 0;
    while (next_line()) {
      if (line_.find_first_not_of(" \t") == std::string_view::npos) {
        empty_line_ = empty_line_ == 0 ? line_number_ : empty_line_;
        continue;
      }
      if (empty_line_ != 0) fail_line(empty_line_, "A line is empty.", width, 0);
      split_line();
      if (width == 0) {
        width = cells_.size();
        if (is_header()) {
          table.columns.assign(cells_.begin(), cells_.end());
          continue;
        }
      }
      if (cells_.size() != width) fail_line(line_number_, "A line has another number of cells.", width, cells_.size());
      for (std::size_t i = 0; i < width; ++i) values.push_back(number_at(i, table.columns));
      ++rows;
    }
    if (rows == 0) {
      throw FormatError(file_, "",
                        {.what = "There is no line of numbers in the file.",
                         .expected = "lines of numbers",
                         .received = width == 0 ? "an empty file" : "a header only"});
    }
    table.values = Tensor::of<float>(std::span<const float>(values),
                                     {static_cast<std::int64_t>(rows), static_cast<std::int64_t>(width)});
    return table;
  }

 private:
  bool next_line() {
    if (at_ >= text_.size()) return false;
    const std::size_t end = std::min(text_.find('\n', at_), text_.size());
    line_ = text_.substr(at_, end - at_);
    if (line_.ends_with('\r')) line_.remove_suffix(1);
    at_ = end + 1;
    ++line_number_;
    return true;
  }

  void split_line() {
    cells_.clear();
    std::size_t at = 0;
    while (true) {
      cells_.push_back(next_cell(at));
      if (at >= line_.size()) return;
      ++at;  // the separator: what follows it is a cell, if only an empty one
    }
  }

  // Reads the cell at `at`, and moves to the separator behind it, or to the end.
  std::string next_cell(std::size_t& at) const {
    const std::size_t first = std::min(line_.find_first_not_of(" \t", at), line_.size());
    if (first == line_.size() || line_[first] != '"' || options_.separator == '"') {
      const std::size_t end = std::min(line_.find(options_.separator, at), line_.size());
      const std::string_view cell = trim(line_.substr(at, end - at));
      at = end;
      return std::string(cell);
    }
    std::string cell;
    for (at = first + 1; at < line_.size(); ++at) {
      if (line_[at] != '"')
        cell += line_[at];
      else if (line_.substr(at + 1).starts_with('"'))
        cell += line_[at++];
      else
        break;
    }
    const bool closed = at < line_.size();
    const std::size_t end = closed ? std::min(line_.find_first_not_of(" \t", at + 1), line_.size()) : line_.size();
    if (!closed || (end < line_.size() && line_[end] != options_.separator)) {
      fail_cell(cells_.size(), {}, "The quotes of a cell do not close.", "\"...\"", std::string(line_.substr(first)));
    }
    at = end;
    return cell;
  }

  [[nodiscard]] bool is_header() const {
    if (options_.header != CsvOptions::Header::kAuto) return options_.header == CsvOptions::Header::kYes;
    return std::none_of(cells_.begin(), cells_.end(), begins_as_number);
  }

  [[nodiscard]] float number_at(std::size_t column, const std::vector<std::string>& names) const {
    const std::string_view cell = trim(cells_[column]);
    if (const std::optional<float> value = number(cell)) return *value;
    fail_cell(column, names, cell.empty() ? "A cell is empty." : "A cell is not a number.", "a finite number",
              cell.empty() ? "nothing" : fmt::format("\"{}\"", cell));
  }

  [[noreturn]] void fail_cell(std::size_t column, const std::vector<std::string>& names, std::string what,
                              std::string expected, std::string received) const {
    const std::string name = column < names.size() ? fmt::format(" (\"{}\")", names[column]) : "";
    if (received.size() > kMostShown) received = received.substr(0, kMostShown) + "...";
    const bool other_separator = received.find_first_of(";\t|") != std::string::npos;
    throw FormatError(file_, fmt::format("line {}, column {}{}", line_number_, column + 1, name),
                      {.what = std::move(what),
                       .expected = std::move(expected),
                       .received = std::move(received),
                       .fix = other_separator ? "write the file with commas; formats::read_csv takes another separator, too" : ""});
  }

  [[noreturn]] void fail_line(std::size_t line, std::string what, std::size_t expected, std::size_t received) const {
    throw FormatError(file_, fmt::format("line {}", line),
                      {.what = std::move(what),
                       .expected = fmt::format("{} cells, as in the first line", expected),
                       .received = fmt::format("{} cells", received)});
  }

  std::string_view text_;
  const std::string& file_;
  CsvOptions options_;
  std::size_t at_ = 0;
  std::size_t line_number_ = 0;
  std::size_t empty_line_ = 0;  // the first empty line; an error only if another line follows
  std::string_view line_;
  std::vector<std::string> cells_;
};

}  // namespace

CsvTable parse_csv(std::string_view text, const std::string& file, CsvOptions options) {
  return Parser(text, file, options).parse();
}

CsvTable read_csv(const std::string& path, CsvOptions options) {
  const auto file = base::MappedFile::open(path);
  return parse_csv({reinterpret_cast<const char*>(file->bytes().data()), file->bytes().size()}, path, options);
}

}  // namespace namesake::formats
