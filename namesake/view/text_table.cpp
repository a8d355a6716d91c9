#include "namesake/view/text_table.h"

#include <algorithm>
#include <string_view>

namespace namesake::view {
namespace {

/// The ends of a horizontal line, what crosses it, and itself.
struct Rule {
  std::string_view left, line, cross, right;
};

/// The characters of a table: heavy lines around the header, light ones below.
struct Style {
  Rule top, under_header, between, bottom;
  std::string_view header_bar, bar, ellipsis;
};

constexpr Style kBoxes = {{"\u250f", "\u2501", "\u2533", "\u2513"},
                          {"\u2521", "\u2501", "\u2547", "\u2529"},
                          {"\u251c", "\u2500", "\u253c", "\u2524"},
                          {"\u2514", "\u2500", "\u2534", "\u2518"},
                          "\u2503",
                          "\u2502",
                          "\u2026"};
constexpr Style kAscii = {{"+", "-", "+", "+"}, {"+", "=", "+", "+"}, {"+", "-", "+", "+"}, {"+", "-", "+", "+"}, "|", "|", "~"};

bool starts_character(char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }

/// `text`, or as many of its characters as leave room for the ellipsis.
std::string cut(std::string_view text, int width, std::string_view ellipsis) {
  if (columns_of(text) <= width) return std::string(text);
  int count = 0;
  std::size_t end = 0;
  while (end < text.size() && count < width) {
    if (starts_character(text[end]) && ++count == width) break;
    ++end;
  }
  return std::string(text.substr(0, end)) + std::string(ellipsis);
}

std::vector<std::string> wrap(std::string_view text, int width, std::string_view ellipsis) {
  std::vector<std::string> lines;
  std::string line;
  std::size_t begin = 0;
  while (begin < text.size()) {
    std::size_t end = text.find(' ', text.find_first_not_of(' ', begin));
    if (end == std::string_view::npos) end = text.size();
    const std::string_view word = text.substr(begin, end - begin);
    begin = end + 1;
    if (!line.empty() && columns_of(line) + 1 + columns_of(word) > width) {
      lines.push_back(cut(line, width, ellipsis));
      line.clear();
    }
    if (!line.empty()) line += ' ';
    line += word;
  }
  lines.push_back(cut(line, width, ellipsis));
  return lines;
}

void add_rule(std::string& out, const Rule& rule, const std::vector<TextColumn>& columns) {
  out += rule.left;
  for (std::size_t i = 0; i < columns.size(); ++i) {
    if (i > 0) out += rule.cross;
    for (int j = 0; j < columns[i].width; ++j) out += rule.line;
  }
  out += rule.right;
  out += '\n';
}

/// `text` with the spaces that fill its line of the cell.
std::string padded(const std::string& text, const TextColumn& column) {
  const int space = std::max(0, column.width - 2 - columns_of(text));
  const int left = column.align == Align::kLeft ? 0 : column.align == Align::kRight ? space : space / 2;
  return std::string(static_cast<std::size_t>(left), ' ') + text + std::string(static_cast<std::size_t>(space - left), ' ');
}

/// One row; a cell with fewer lines than the others stands at the top, that of a header at the bottom.
void add_row(std::string& out, const std::vector<std::string>& cells, const std::vector<TextColumn>& columns,
             const Style& style, bool header) {
  std::vector<std::vector<std::string>> wrapped;
  std::size_t height = 1;
  for (std::size_t i = 0; i < columns.size(); ++i) {
    wrapped.push_back(wrap(cells[i], columns[i].width - 2, style.ellipsis));
    height = std::max(height, wrapped.back().size());
  }
  const std::string_view bar = header ? style.header_bar : style.bar;
  for (std::size_t row = 0; row < height; ++row) {
    out += bar;
    for (std::size_t i = 0; i < columns.size(); ++i) {
      const std::size_t skip = header ? height - wrapped[i].size() : 0;
      const bool blank = row < skip || row - skip >= wrapped[i].size();
      const std::string text = blank ? "" : wrapped[i][row - skip];
      out += ' ';
      out += padded(text, columns[i]);
      out += ' ';
      out += bar;
    }
    out += '\n';
  }
}

}  // namespace

int columns_of(std::string_view text) { return static_cast<int>(std::count_if(text.begin(), text.end(), starts_character)); }

std::string TextTable::text() const {
  const Style& style = ascii_ ? kAscii : kBoxes;
  std::string out;
  std::vector<std::string> headers;
  for (const TextColumn& column : columns_) headers.push_back(column.header);
  add_rule(out, style.top, columns_);
  add_row(out, headers, columns_, style, true);
  add_rule(out, style.under_header, columns_);
  for (std::size_t i = 0; i < rows_.size(); ++i) {
    if (i > 0) add_rule(out, style.between, columns_);
    add_row(out, rows_[i], columns_, style, false);
  }
  add_rule(out, style.bottom, columns_);
  return out;
}

}  // namespace namesake::view
