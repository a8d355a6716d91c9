#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <leveldb/env.h>
#include <leveldb/table.h>
#include <leveldb/table_builder.h>

#include <filesystem>
#include <memory>

#include "namesake/base/error.h"
#include "namesake/base/mapped_file.h"
#include "namesake/formats/container/crc32c.h"
#include "namesake/formats/container/table_reader.h"
#include "namesake/formats/container/table_writer.h"
#include "namesake/formats/container/varint.h"

namespace namesake::formats {
namespace {

using Pairs = std::vector<std::pair<std::string, std::string>>;

std::string temporary(const char* name) { return (std::filesystem::path(testing::TempDir()) / name).string(); }

// Sorted keys that share much and little, of many sizes, with values up to several blocks.
Pairs some_pairs(int count) {
  Pairs pairs;
  for (int i = 0; i < count; ++i) {
    std::string key = "layer_" + std::to_string(10000 + i) + (i % 3 == 0 ? "/kernel" : "");
    if (i % 7 == 0) key += std::string("\0\xff", 2);
    pairs.emplace_back(std::move(key), std::string(static_cast<std::size_t>(i * 37 % 5000), static_cast<char>(i)));
  }
  return pairs;
}

Pairs read_all(std::span<const std::byte> bytes) {
  Pairs pairs;
  for (const TableEntry& entry : read_table(bytes, "a.index")) {
    pairs.emplace_back(entry.key, std::string(reinterpret_cast<const char*>(entry.value.data()), entry.value.size()));
  }
  return pairs;
}

std::string write_all(const Pairs& pairs) {
  TableWriter writer;
  for (const auto& [key, value] : pairs) writer.add(key, value);
  return std::move(writer).finish();
}

std::span<const std::byte> bytes_of(const std::string& text) { return std::as_bytes(std::span(text)); }

std::string by_leveldb(const Pairs& pairs, leveldb::Options options, const std::string& path) {
  leveldb::WritableFile* made = nullptr;
  EXPECT_TRUE(leveldb::Env::Default()->NewWritableFile(path, &made).ok());
  const std::unique_ptr<leveldb::WritableFile> file(made);
  leveldb::TableBuilder builder(options, file.get());
  for (const auto& [key, value] : pairs) builder.Add(key, value);
  EXPECT_TRUE(builder.Finish().ok());
  EXPECT_TRUE(file->Close().ok());
  const auto mapped = base::MappedFile::open(path);
  return {reinterpret_cast<const char*>(mapped->bytes().data()), mapped->bytes().size()};
}

TEST(Crc32c, GivesThePublishedValues) {
  EXPECT_EQ(crc32c(0, bytes_of("123456789")), 0xe3069283U);
  EXPECT_EQ(crc32c(0, bytes_of(std::string(32, '\0'))), 0x8a9136aaU);
  EXPECT_EQ(crc32c(crc32c(0, bytes_of("1234")), bytes_of("56789")), 0xe3069283U);
  EXPECT_EQ(mask_crc32c(0), 0xa282ead8U);
}

TEST(Varint, TakesWhatWasPutAndNothingElse) {
  for (const std::uint64_t value : {std::uint64_t{0}, std::uint64_t{127}, std::uint64_t{128}, std::uint64_t{1} << 35U, ~std::uint64_t{0}}) {
    std::string text;
    put_varint(text, value);
    for (std::size_t size = 0; size < text.size(); ++size) {
      auto part = bytes_of(text).first(size);
      EXPECT_EQ(take_varint(part), std::nullopt) << value;
    }
    text += "rest";
    auto bytes = bytes_of(text);
    EXPECT_EQ(take_varint(bytes), value);
    EXPECT_EQ(bytes.size(), 4u);
  }
  for (const std::string& bad : {std::string(10, '\xff'), std::string(9, '\x80') + "\x02"}) {
    auto bytes = bytes_of(bad);
    EXPECT_EQ(take_varint(bytes), std::nullopt);
  }
}

TEST(TableReader, ReadsWhatLevelDbWrites) {
  for (const int count : {0, 1, 17, 700}) {
    leveldb::Options options;
    options.compression = leveldb::kNoCompression;
    options.block_size = 2000;  // many blocks
    const Pairs pairs = some_pairs(count);
    EXPECT_EQ(read_all(bytes_of(by_leveldb(pairs, options, temporary("from_leveldb")))), pairs) << count;
  }
}

TEST(TableReader, SaysThatItReadsNoCompressedBlocks) {
  const std::string table = by_leveldb({{"a", std::string(5000, 'a')}}, {}, temporary("compressed"));
  try {
    (void)read_all(bytes_of(table));
    FAIL() << "read";
  } catch (const Unsupported& error) {
    EXPECT_EQ(error.parts().received, "Snappy");
  }
}

TEST(TableReader, KeepsEqualKeys) {
  const Pairs pairs = {{"a", "1"}, {"a", "2"}, {"b", "3"}};
  EXPECT_EQ(read_all(bytes_of(write_all(pairs))), pairs);
}

TEST(TableWriter, WritesWhatLevelDbReads) {
  for (const int count : {0, 1, 17, 700}) {
    const Pairs pairs = some_pairs(count);
    const std::string table = write_all(pairs), path = temporary("for_leveldb");
    EXPECT_EQ(read_all(bytes_of(table)), pairs) << count;
    ASSERT_TRUE(leveldb::WriteStringToFile(leveldb::Env::Default(), table, path).ok());
    leveldb::RandomAccessFile* opened = nullptr;
    ASSERT_TRUE(leveldb::Env::Default()->NewRandomAccessFile(path, &opened).ok());
    const std::unique_ptr<leveldb::RandomAccessFile> file(opened);
    leveldb::Options options;
    options.paranoid_checks = true;
    leveldb::Table* found = nullptr;
    ASSERT_TRUE(leveldb::Table::Open(options, file.get(), table.size(), &found).ok());
    const std::unique_ptr<leveldb::Table> owner(found);
    leveldb::ReadOptions reading;
    reading.verify_checksums = true;
    const std::unique_ptr<leveldb::Iterator> next(found->NewIterator(reading));
    Pairs seen;
    for (next->SeekToFirst(); next->Valid(); next->Next()) seen.emplace_back(next->key().ToString(), next->value().ToString());
    EXPECT_TRUE(next->status().ok()) << next->status().ToString();
    EXPECT_EQ(seen, pairs) << count;
    for (const auto& [key, value] : pairs) {
      next->Seek(key);
      ASSERT_TRUE(next->Valid() && next->key() == key) << key;
    }
  }
}

TEST(TableReader, RefusesEveryTruncationAndEveryFlippedBit) {
  const Pairs pairs = some_pairs(5);
  const std::string table = write_all(pairs);
  for (std::size_t size = 0; size < table.size(); ++size) {
    EXPECT_THROW((void)read_all(bytes_of(table).first(size)), FormatError) << size;
  }
  for (std::size_t at = 0; at < table.size(); ++at) {
    for (unsigned bit = 0; bit < 8; ++bit) {
      std::string damaged = table;
      damaged[at] = static_cast<char>(damaged[at] ^ (1 << bit));
      try {
        EXPECT_EQ(read_all(bytes_of(damaged)), pairs) << at;  // the metaindex, and zeros of the footer, mean nothing
      } catch (const FormatError& error) {
        EXPECT_EQ(error.file(), "a.index");
      }
    }
  }
}

// One block whose checksum is right, with `entries` as they are, as data block or as index.
std::string table_of(std::string entries, bool as_index) {
  put_fixed32(entries, 0);
  put_fixed32(entries, 1);
  const auto close = [](std::string block) {
    block.push_back(0);
    put_fixed32(block, mask_crc32c(crc32c(0, bytes_of(block))));
    return block;
  };
  std::string file = close(entries), handle, index;
  put_varint(handle, 0);
  put_varint(handle, entries.size());
  if (!as_index) {
    index += std::string("\0\1", 2) + static_cast<char>(handle.size()) + "z" + handle;
    put_fixed32(index, 0);
    put_fixed32(index, 1);
  }
  std::string footer = std::string("\0\0", 2);
  put_varint(footer, as_index ? 0 : file.size());
  put_varint(footer, as_index ? entries.size() : index.size());
  if (!as_index) file += close(index);
  footer.resize(40);
  put_fixed32(footer, kTableMagic & 0xffffffffU);
  put_fixed32(footer, kTableMagic >> 32U);
  return file + footer;
}

TEST(TableReader, RefusesHostileEntriesWhoseChecksumsAreRight) {
  const std::string huge = "\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01";
  const std::vector<std::string> hostile = {
      std::string("\1\1\0x", 4),                       // shares with no key
      std::string("\0", 1) + huge + std::string(1, 0),  // a key beyond the block
      std::string("\0\1", 2) + huge + "k",              // a value beyond the block
      huge + huge + huge,
      std::string("\0\1", 2),
  };
  for (const std::string& entries : hostile) {
    for (const bool as_index : {false, true}) EXPECT_THROW((void)read_all(bytes_of(table_of(entries, as_index))), FormatError);
  }
  EXPECT_THAT(read_all(bytes_of(table_of(std::string("\0\1\1kv", 5), false))), testing::ElementsAre(testing::Pair("k", "v")));
  // Handles that lead back into the index itself: the same bytes again and again.
  std::string entries;
  for (int i = 0; i < 200; ++i) entries += std::string("\0\1\2k\0", 5) + static_cast<char>(120);
  EXPECT_THROW((void)read_all(bytes_of(table_of(entries, true))), FormatError);
}

TEST(TableReader, BoundsWhatSharedKeysUnpackTo) {
  std::string entries = std::string("\0", 1);
  put_varint(entries, 60000);
  entries += std::string(1, 0) + std::string(60000, 'k');
  for (int i = 0; i < 20000; ++i) {
    put_varint(entries, 60000);
    entries += std::string("\0\0", 2);
  }
  EXPECT_THROW((void)read_all(bytes_of(table_of(entries, false))), FormatError);
}

}  // namespace
}  // namespace namesake::formats
