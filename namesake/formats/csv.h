// CSV: a table of numbers as text, with or without a line of column names.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "namesake/base/export.h"
#include "namesake/tensor/tensor.h"

namespace namesake::formats {

struct CsvOptions {
  /// kAuto: the first line is a header if none of its cells is empty or begins as a number does.
  enum class Header : std::uint8_t { kAuto, kYes, kNo };
  Header header = Header::kAuto;
  char separator = ',';
};

struct CsvTable {
  std::vector<std::string> columns;  // their names; empty if there is no header
  Tensor values;                     // float32, (rows, columns)
};

/// Reads a table. Cells may stand in quotes and have spaces around them; a byte order mark, both kinds of line end, and
/// empty lines at the end are accepted. Throws IoError; FormatError with line and column for a cell that is no finite
/// number (letters, nan, nothing), for a line with more or fewer cells than the first, and for a file without a number.
[[nodiscard]] NAMESAKE_API CsvTable read_csv(const std::string& path, CsvOptions options = {});
/// The same for a text in memory; `file` is for messages.
[[nodiscard]] NAMESAKE_API CsvTable parse_csv(std::string_view text, const std::string& file, CsvOptions options = {});

}  // namespace namesake::formats
