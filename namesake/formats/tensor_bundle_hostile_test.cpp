// Bundles that somebody cut, flipped or made up: each gives a clear error or its true content, and never anything else.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "namesake/base/error.h"
#include "namesake/formats/bundle_messages.h"
#include "namesake/formats/bundle_slices.h"
#include "namesake/formats/container/table_writer.h"
#include "namesake/formats/object_graph.h"
#include "namesake/formats/tensor_bundle.h"

namespace namesake::formats {
namespace {

namespace fs = std::filesystem;
const std::string kGolden = NAMESAKE_SOURCE_DIR "/tests/golden/checkpoints/";

std::string slurp(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

class HostileBundle : public testing::Test {
 protected:
  HostileBundle() { fs::create_directories(folder_); }
  ~HostileBundle() override { fs::remove_all(folder_); }

  void write(const std::string& index, const std::string& data) const {
    std::ofstream(prefix_ + ".index", std::ios::binary) << index;
    std::ofstream(prefix_ + ".data-00000-of-00001", std::ios::binary) << data;
  }

  /// Reads everything; true if nothing was wrong.
  bool reads() const {
    try {
      const ModelFile file = read_tensor_bundle(prefix_);
      for (const WeightEntry& entry : file.weights) {
        if (!entry.unsupported.empty()) continue;
        (void)entry.to_tensor();
      }
      (void)read_object_graph(file);
      return true;
    } catch (const FormatError& error) {
      EXPECT_NE(std::string(error.what()), "");
    } catch (const Unsupported& error) {
      EXPECT_NE(std::string(error.what()), "");
    }
    return false;
  }

  fs::path folder_ = fs::path(testing::TempDir()) / ("namesake_hostile_bundle_" + std::string(testing::UnitTest::GetInstance()->current_test_info()->name()));
  std::string prefix_ = (folder_ / "b").string();
};

TEST_F(HostileBundle, CutAtEveryLengthItIsRefused) {
  for (const std::string name : {"name_based", "dtypes", "partitioned"}) {
    const std::string index = slurp(kGolden + name + ".index"), data = slurp(kGolden + name + ".data-00000-of-00001");
    write(index, data);
    ASSERT_TRUE(reads());
    for (std::size_t size = 0; size < index.size(); ++size) {
      write(index.substr(0, size), data);
      EXPECT_FALSE(reads()) << name << " index " << size;
    }
    for (std::size_t size = 0; size < data.size(); size += 1 + data.size() / 100) {
      write(index, data.substr(0, size));
      EXPECT_FALSE(reads()) << name << " data " << size;
    }
  }
}

TEST_F(HostileBundle, AFlippedBitOfTheDataIsNoticed) {
  const std::string index = slurp(kGolden + "keras2_weights.index"), data = slurp(kGolden + "keras2_weights.data-00000-of-00001");
  for (std::size_t at = 0; at < data.size(); at += 29) {
    std::string damaged = data;
    damaged[at] = static_cast<char>(damaged[at] ^ 0x40);
    write(index, damaged);
    EXPECT_FALSE(reads()) << at;
  }
}

std::string index_of(const std::vector<std::pair<std::string, std::string>>& entries) {
  TableWriter table;
  for (const auto& [key, value] : entries) table.add(key, value);
  return std::move(table).finish();
}

std::string entry_of(std::int64_t dtype, std::vector<std::int64_t> shape, std::int64_t offset, std::int64_t size, std::int64_t shard = 0) {
  BundleEntry entry;
  entry.dtype = dtype;
  entry.shape = std::move(shape);
  entry.offset = offset;
  entry.size = size;
  entry.shard = shard;
  return to_bytes(entry);
}

TEST_F(HostileBundle, RefusesEntriesThatLieAboutThemselves) {
  constexpr std::int64_t kHuge = std::int64_t{1} << 62;
  const std::string header = to_bytes(BundleHeader{});
  const std::vector<std::pair<const char*, std::string>> cases = {
      {"size does not fit the shape", entry_of(1, {3}, 0, 8)},
      {"shape overflows", entry_of(1, {kHuge, kHuge}, 0, 8)},
      {"bytes overflow", entry_of(1, {kHuge}, 0, 0)},
      {"negative axis", entry_of(1, {-1}, 0, 4)},
      {"negative offset", entry_of(1, {1}, -4, 4)},
      {"negative size", entry_of(7, {1}, 0, -4)},
      {"beyond the file", entry_of(1, {1}, kHuge, 4)},
      {"longer than the file", entry_of(1, {std::int64_t{1} << 40}, 0, std::int64_t{1} << 42)},
      {"shard that is not there", entry_of(1, {1}, 0, 4, 7)},
      {"negative shard", entry_of(1, {1}, 0, 4, -1)},
      {"more strings than bytes", entry_of(7, {kHuge}, 0, 8)},
      {"strings that are none", entry_of(7, {3}, 0, 16)},
      {"no message", "\xff\xff\xff"},
  };
  for (const auto& [what, entry] : cases) {
    write(index_of({{"", header}, {"a", entry}}), std::string(16, '\xff'));
    EXPECT_FALSE(reads()) << what;
  }
}

TEST_F(HostileBundle, ListsWhatItCannotReadAndSaysWhy) {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {entry_of(24, {2}, 0, 2), "elements of TensorFlow's dtype 24"},
      {entry_of(-5, {2}, 0, 2), "elements of TensorFlow's dtype -5"},
      {entry_of(21, {}, 0, 2), "elements of dtype variant"},
      {entry_of(1, std::vector<std::int64_t>(300, 1), 0, 4), "a shape of 300 axes"},
  };
  for (const auto& [entry, why] : cases) {
    write(index_of({{"", to_bytes(BundleHeader{})}, {"a", entry}}), "");
    const ModelFile file = read_tensor_bundle(prefix_);
    ASSERT_EQ(file.weights.size(), 1u);
    EXPECT_EQ(file.weights[0].unsupported, why);
    EXPECT_THROW((void)file.weights[0].bytes(), Unsupported);
  }
  // a slice whose variable is not there
  write(index_of({{"", to_bytes(BundleHeader{})}, {slice_key("part", {{0, 1}}), entry_of(1, {1}, 0, 4)}}), "1234");
  const ModelFile file = read_tensor_bundle(prefix_);
  ASSERT_EQ(file.weights.size(), 1u);
  EXPECT_EQ(file.weights[0].path, "part (a slice)");
  EXPECT_FALSE(file.weights[0].unsupported.empty());
}

TEST_F(HostileBundle, RefusesTablesThatAreNoIndexes) {
  write(index_of({}), "");
  EXPECT_THROW((void)read_tensor_bundle(prefix_), FormatError);
  write(index_of({{"a", "b"}}), "");
  EXPECT_THROW((void)read_tensor_bundle(prefix_), FormatError);
  for (const std::string& header : {std::string("\x08\x00", 2), std::string("\xff", 1)}) {  // no shards; no message
    write(index_of({{"", header}}), "");
    EXPECT_THROW((void)read_tensor_bundle(prefix_), FormatError);
  }
  for (const std::string& header : {std::string("\x08\x01\x10\x01", 4), std::string("\x08\x01\x1a\x04\x08\x09\x10\x09", 8)}) {  // big-endian; version 9
    write(index_of({{"", header}}), "");
    EXPECT_THROW((void)read_tensor_bundle(prefix_), Unsupported);
  }
  fs::remove(prefix_ + ".index");
  EXPECT_THROW((void)read_tensor_bundle(prefix_), IoError);
}

}  // namespace
}  // namespace namesake::formats
