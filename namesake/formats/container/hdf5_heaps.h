// Heaps: where HDF5 keeps what has no fixed size.
//   local heap    "HEAP" u8 0, 3 bytes of padding, size of the data, free list, address of the data: names of an old
//   group global heap   "GCOL" u8 1, 3 bytes of padding, size, then objects {u16 index, u16 references, 4 bytes of
//   padding,
//                 size, data padded to 8}; index 0 is the free rest. Holds strings of variable length
//   fractal heap  "FRHP", a header; its space is a table of rows of direct blocks ("FHDB") and, further down, of
//                 indirect blocks ("FHIB"): row 0 and 1 have blocks of the starting size, each later row doubles it.
//                 Holds the links and attributes of objects that have many
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "namesake/formats/container/hdf5_bytes.h"

namespace namesake::formats::hdf5 {

/// The names of an old-style group.
class LocalHeap {
 public:
  LocalHeap(Context& context, std::uint64_t address);
  /// The text at `offset` in the heap's data, up to its NUL.
  [[nodiscard]] std::string text(std::uint64_t offset) const;

 private:
  Cursor data_;
};

/// All global heap collections of a file; each is indexed once, when first asked for.
class GlobalHeap {
 public:
  explicit GlobalHeap(Context& context) : context_(context) {}
  /// The bytes of object `index` of the collection at `address`.
  [[nodiscard]] std::span<const std::byte> object(std::uint64_t address, std::uint32_t index);
  /// The text that an element {u32 length, address, u32 index} of a variable-length string names; passes the element.
  [[nodiscard]] std::string text(Cursor& element);

 private:
  using Collection = std::map<std::uint32_t, Cursor>;
  const Collection& collection(std::uint64_t address);

  Context& context_;
  std::map<std::uint64_t, Collection> collections_;
};

class FractalHeap {
 public:
  FractalHeap(Context& context, std::uint64_t address);
  [[nodiscard]] unsigned id_size() const noexcept { return id_size_; }
  /// The object that a heap id names.
  [[nodiscard]] Cursor object(std::span<const std::byte> id);

 private:
  struct DirectBlock {
    std::uint64_t start;  // in the heap's space
    std::uint64_t size;
    std::uint64_t address;  // in the file
  };

  void read_root(std::uint64_t address, std::uint16_t rows);
  void add_direct(std::uint64_t address, std::uint64_t start, std::uint64_t size);
  void add_indirect(std::uint64_t address, std::uint64_t start, std::uint64_t rows, int nesting);
  [[nodiscard]] std::uint64_t row_size(std::uint64_t row) const;
  Cursor managed(std::uint64_t offset, std::uint64_t length);
  Cursor huge(std::span<const std::byte> id);

  Context& context_;
  std::uint64_t address_;
  unsigned id_size_ = 0;
  unsigned offset_bytes_ = 0;
  unsigned length_bytes_ = 0;
  bool checksummed_ = false;
  std::uint64_t width_ = 0;
  std::uint64_t start_size_ = 0;
  std::uint64_t max_direct_size_ = 0;
  std::uint64_t huge_tree_ = kUndefined;
  std::optional<std::map<std::uint64_t, Cursor>> huge_objects_;
  std::vector<DirectBlock> blocks_;  // by start
};

}  // namespace namesake::formats::hdf5
