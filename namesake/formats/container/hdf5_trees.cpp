#include "namesake/formats/container/hdf5_trees.h"

#include <fmt/format.h>

#include <set>
#include <vector>

namespace namesake::formats::hdf5 {
namespace {

class Tree1 {
 public:
  Tree1(Context& context, std::uint8_t kind, std::uint64_t key_size,
        const std::function<void(Cursor, std::uint64_t)>& visit)
      : context_(context), kind_(kind), key_size_(key_size), visit_(visit) {}

  // Levels fall by one from node to child, so the depth is at most 256.
  void walk(std::uint64_t address, int expected_level) {
    if (!seen_.insert(address).second) context_.damaged(address, "the B-tree meets itself.");
    Cursor cursor = context_.from(address, "B-tree node");
    cursor.expect("TREE");
    const std::uint8_t kind = cursor.u8();
    const std::uint8_t level = cursor.u8();
    const std::uint16_t entries = cursor.u16();
    (void)cursor.address();
    (void)cursor.address();
    if (kind != kind_) {
      context_.damaged(address, "the B-tree is of another kind.", fmt::format("{}", kind_), fmt::format("{}", kind));
    }
    if (expected_level >= 0 && level != expected_level) {
      context_.damaged(address, "the B-tree node stands on a wrong level.", fmt::format("{}", expected_level),
                       fmt::format("{}", level));
    }
    const unsigned address_size = context_.source().offset_size;
    context_.spend(address, 24 + std::uint64_t{entries} * (key_size_ + address_size));
    for (std::uint16_t i = 0; i < entries; ++i) {
      const Cursor key = cursor.window(key_size_);
      const std::uint64_t child = cursor.address();
      if (level == 0) {
        visit_(key, child);
      } else {
        walk(child, level - 1);
      }
    }
  }

 private:
  Context& context_;
  std::uint8_t kind_;
  std::uint64_t key_size_;
  const std::function<void(Cursor, std::uint64_t)>& visit_;
  std::set<std::uint64_t> seen_;
};

class Tree2 {
 public:
  Tree2(Context& context, std::uint8_t kind, const std::function<void(Cursor)>& visit)
      : context_(context), kind_(kind), visit_(visit) {}

  void walk(std::uint64_t address) {
    Cursor cursor = context_.from(address, "B-tree header");
    cursor.expect("BTHD");
    cursor.expect_version(0);
    check_kind(cursor);
    node_size_ = cursor.u32();
    record_size_ = cursor.u16();
    const std::uint16_t depth = cursor.u16();
    cursor.skip(2);  // percentages at which nodes split and merge
    const std::uint64_t root = cursor.address();
    const std::uint16_t root_records = cursor.u16();
    (void)cursor.length();
    verify_checksum(cursor, address);
    context_.spend(address, cursor.position() - address);
    if (root == kUndefined || root_records == 0) return;
    if (record_size_ == 0 || node_size_ <= kOverhead || depth > kMaxDepth) {
      context_.damaged(address, "the B-tree header has impossible sizes.");
    }
    plan_levels(depth);
    walk_node(root, root_records, depth);
  }

 private:
  static constexpr std::uint64_t kOverhead = 10;  // signature, version, kind, checksum
  static constexpr unsigned kMaxDepth = 32;

  void check_kind(Cursor& cursor) {
    const std::uint64_t at = cursor.position();
    const std::uint8_t kind = cursor.u8();
    if (kind != kind_) {
      context_.damaged(at, "the B-tree is of another kind.", fmt::format("{}", kind_), fmt::format("{}", kind));
    }
  }

  // How wide the counts of an inner node are follows from how many records fit below it.
  void plan_levels(unsigned depth) {
    const std::uint64_t leaf_records = (node_size_ - kOverhead) / record_size_;
    count_size_ = bytes_for(leaf_records);
    std::uint64_t below = leaf_records;  // most records under one child
    total_size_.push_back(0);
    for (unsigned level = 1; level <= depth; ++level) {
      const std::uint64_t pointer = context_.source().offset_size + count_size_ + total_size_.back();
      const std::uint64_t room = node_size_ - kOverhead;
      const std::uint64_t records = room > pointer ? (room - pointer) / (record_size_ + pointer) : 0;
      const std::uint64_t product = multiply(records + 1, below);
      below = product > kUndefined - 1 - records ? kUndefined : product + records;
      total_size_.push_back(bytes_for(below));
    }
  }

  void walk_node(std::uint64_t address, std::uint64_t records, unsigned level) {
    if (!seen_.insert(address).second) context_.damaged(address, "the B-tree meets itself.");
    Cursor cursor = context_.from(address, "B-tree node");
    cursor.expect(level == 0 ? "BTLF" : "BTIN");
    cursor.expect_version(0);
    check_kind(cursor);
    Cursor stored = cursor.window(records * record_size_);
    std::vector<Child> children;
    if (level > 0) {
      for (std::uint64_t i = 0; i <= records; ++i) {
        Child child{};
        child.address = cursor.address();
        child.records = cursor.uint(count_size_);
        if (level > 1) cursor.skip(total_size_[level - 1]);
        children.push_back(child);
      }
    }
    verify_checksum(cursor, address);
    context_.spend(address, cursor.position() - address);
    for (std::uint64_t i = 0; i <= records; ++i) {
      if (level > 0) walk_node(children[i].address, children[i].records, level - 1);
      if (i < records) visit_(stored.window(record_size_));
    }
  }

  struct Child {
    std::uint64_t address;
    std::uint64_t records;
  };

  Context& context_;
  std::uint8_t kind_;
  const std::function<void(Cursor)>& visit_;
  std::uint64_t node_size_ = 0;
  std::uint64_t record_size_ = 0;
  unsigned count_size_ = 0;
  std::vector<unsigned> total_size_;  // by level of the child: bytes of "records below"
  std::set<std::uint64_t> seen_;
};

}  // namespace

void walk_tree_1(Context& context, std::uint64_t address, std::uint8_t kind, std::uint64_t key_size,
                 const std::function<void(Cursor, std::uint64_t)>& visit) {
  Tree1(context, kind, key_size, visit).walk(address, -1);
}

void walk_tree_2(Context& context, std::uint64_t address, std::uint8_t kind, const std::function<void(Cursor)>& visit) {
  Tree2(context, kind, visit).walk(address);
}

}  // namespace namesake::formats::hdf5
