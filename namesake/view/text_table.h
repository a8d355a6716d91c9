// TextTable: cells in boxes, with a line between any two rows, as Keras's summary looks. Text that is too long for its
// column is broken between words; a word that is too long is cut. Spaces at its beginning belong to its first word.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace namesake::view {

enum class Align { kLeft, kRight, kCenter };

struct TextColumn {
  std::string header;
  int width = 0;  // of the cell, with a space on either side
  Align align = Align::kLeft;
};

class TextTable {
 public:
  TextTable(std::vector<TextColumn> columns, bool ascii) : columns_(std::move(columns)), ascii_(ascii) {}
  /// One cell a column.
  void add(std::vector<std::string> cells) { rows_.push_back(std::move(cells)); }
  /// Whole lines, each with its end.
  [[nodiscard]] std::string text() const;

 private:
  std::vector<TextColumn> columns_;
  std::vector<std::vector<std::string>> rows_;
  bool ascii_;
};

/// How many columns a terminal needs for `text`: its characters in UTF-8.
[[nodiscard]] int columns_of(std::string_view text);

}  // namespace namesake::view
