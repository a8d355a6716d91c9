// Writes a table (see table_reader.h), byte for byte as TensorFlow writes the index of a checkpoint: blocks of 256 KiB, a whole key
// every 16 entries, no compression.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace namesake::formats {

class TableWriter {
 public:
  /// `key` must come behind the one before.
  void add(std::string_view key, std::string_view value);
  /// The whole file. Nothing can be added after it.
  [[nodiscard]] std::string finish() &&;

 private:
  /// A block being made: entries, then the offsets of those with whole keys.
  class Block {
   public:
    explicit Block(unsigned interval) : interval_(interval) {}
    void add(std::string_view key, std::string_view value);
    [[nodiscard]] bool empty() const noexcept { return bytes_.empty(); }
    [[nodiscard]] std::size_t size() const noexcept { return bytes_.size() + 4 * restarts_.size() + 4; }
    /// The content; the block is empty again.
    [[nodiscard]] std::string take();

   private:
    unsigned interval_;
    unsigned since_restart_ = 0;
    std::string bytes_, last_key_;
    std::vector<std::uint32_t> restarts_ = {0};
  };

  /// Appends a block and its trailer; the handle that leads to it.
  std::string put(Block& block);

  std::string file_, last_key_, pending_;  // the handle of a block whose entry in the index awaits the next key
  Block data_{16}, index_{1};
};

}  // namespace namesake::formats
