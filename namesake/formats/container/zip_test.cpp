// The zip reader and writer against each other, against libzip, and against damage.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <zip.h>

#include <cstring>
#include <functional>
#include <map>

#include "namesake/base/error.h"
#include "namesake/base/mapped_file.h"
#include "namesake/formats/container/crc32.h"
#include "namesake/formats/container/zip_reader.h"
#include "namesake/formats/container/zip_writer.h"
#include "tests/support/temp_folder.h"

namespace namesake::formats {
namespace {

using ::namesake::testing::as_bytes;
using ::namesake::testing::read_text;
using ::namesake::testing::TempFolder;
using ::namesake::testing::write_text;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

using Content = std::vector<std::pair<std::string, std::string>>;

std::string write_zip(const std::string& path, const Content& content, std::uint64_t zip64_from = 0xFFFFFFFF) {
  base::AtomicFile file(path);
  ZipWriter zip(file, zip64_from);
  for (const auto& [name, text] : content) zip.add(name, text);
  zip.finish();
  file.commit();
  return read_text(path);
}

Content read_all(const std::string& bytes) {
  const ZipReader zip(as_bytes(bytes), "a.zip");
  Content content;
  for (const ZipEntry& entry : zip.entries()) content.emplace_back(entry.name, zip.read_text(entry));
  return content;
}

// What libzip makes of the entries; by index, so that those with equal names are seen.
Content read_with_libzip(const std::string& path) {
  int error = 0;
  zip_t* archive = zip_open(path.c_str(), ZIP_RDONLY | ZIP_CHECKCONS, &error);
  if (archive == nullptr) throw std::runtime_error("libzip refuses the archive: " + std::to_string(error));
  Content content;
  for (zip_int64_t i = 0; i < zip_get_num_entries(archive, 0); ++i) {
    zip_stat_t status;
    zip_stat_index(archive, static_cast<zip_uint64_t>(i), 0, &status);
    std::string text(status.size, '\0');
    zip_file_t* file = zip_fopen_index(archive, static_cast<zip_uint64_t>(i), 0);
    if (file == nullptr || zip_fread(file, text.data(), text.size()) != static_cast<zip_int64_t>(text.size())) {
      throw std::runtime_error(std::string("libzip cannot read ") + status.name);
    }
    zip_fclose(file);
    content.emplace_back(status.name, text);
  }
  zip_discard(archive);
  return content;
}

std::string write_deflated_with_libzip(const std::string& path, const Content& content) {
  int error = 0;
  zip_t* archive = zip_open(path.c_str(), ZIP_CREATE | ZIP_TRUNCATE, &error);
  if (archive == nullptr) throw std::runtime_error("libzip cannot write");
  for (const auto& [name, text] : content) {
    zip_source_t* source = zip_source_buffer(archive, text.data(), text.size(), 0);
    const zip_int64_t index = zip_file_add(archive, name.c_str(), source, ZIP_FL_ENC_UTF_8);
    zip_set_file_compression(archive, static_cast<zip_uint64_t>(index), ZIP_CM_DEFLATE, 9);
  }
  if (zip_close(archive) != 0) throw std::runtime_error("libzip cannot write");
  return read_text(path);
}

const Content kContent = {{"metadata.json", "{\"keras_version\": \"3.15.1\"}"},
                          {"config.json", std::string(5000, 'c') + "end"},
                          {"assets/caf\xc3\xa9.txt", ""},
                          {"weights", std::string("\0\1\2\xff", 4)}};

TEST(Crc32, IsThatOfZip) {
  EXPECT_EQ(crc32(0, as_bytes("123456789")), 0xCBF43926U);
  EXPECT_EQ(crc32(crc32(0, as_bytes("1234")), as_bytes("56789")), 0xCBF43926U);
  EXPECT_EQ(crc32(0, {}), 0U);
}

TEST(Zip, WhatIsWrittenIsReadByUsAndByLibzip) {
  const TempFolder folder;
  const std::string bytes = write_zip(folder / "a.zip", kContent);
  EXPECT_EQ(read_all(bytes), kContent);
  EXPECT_EQ(read_with_libzip(folder / "a.zip"), kContent);
  EXPECT_EQ(write_zip(folder / "b.zip", kContent), bytes) << "equal content gives equal bytes";
}

TEST(Zip, AnEmptyArchiveIsOneToo) {
  const TempFolder folder;
  const std::string bytes = write_zip(folder / "a.zip", {});
  EXPECT_TRUE(read_all(bytes).empty());
  EXPECT_TRUE(ZipReader::looks_like_zip(as_bytes(bytes)));
}

TEST(Zip, Zip64FieldsAreWrittenAndRead) {
  const TempFolder folder;
  for (const std::uint64_t from : {0U, 1U, 100U, 5003U}) {
    const std::string bytes = write_zip(folder / "a.zip", kContent, from);
    EXPECT_EQ(read_all(bytes), kContent) << from;
    EXPECT_EQ(read_with_libzip(folder / "a.zip"), kContent) << from;
  }
}

TEST(Zip, MoreEntriesThanFit16BitsAreWrittenAndRead) {
  const TempFolder folder;
  base::AtomicFile file(folder / "a.zip");
  Content content;
  for (int i = 0; i < 3; ++i) content.emplace_back(std::to_string(i), "x");
  ZipWriter zip(file, 3);
  for (const auto& [name, text] : content) zip.add(name, text);
  zip.finish();
  file.commit();
  EXPECT_EQ(read_with_libzip(folder / "a.zip"), content);
}

TEST(Zip, AnEntryWrittenInPlaceKeepsItsOffset) {
  const TempFolder folder;
  const std::string weights(3000, 'w');
  for (const std::uint64_t zip64_from : {0xFFFFFFFFU, 0U}) {
    base::AtomicFile file(folder / "a.zip");
    file.write_at(512, as_bytes(weights));
    ZipWriter zip(file, zip64_from);
    zip.add_in_place("model.weights.h5", 512, weights.size());
    zip.add("metadata.json", "{}");
    zip.add("config.json", "[]");
    zip.finish();
    file.commit();
    const Content expected = {{"model.weights.h5", weights}, {"metadata.json", "{}"}, {"config.json", "[]"}};
    const std::string bytes = read_text(folder / "a.zip");
    EXPECT_EQ(read_all(bytes), expected);
    EXPECT_EQ(read_with_libzip(folder / "a.zip"), expected);
    const ZipReader reader(as_bytes(bytes), "a.zip");
    EXPECT_EQ(reader.entries()[0].data_offset, 512U);
    EXPECT_EQ(static_cast<const void*>(reader.mapped(reader.entries()[0])->data()), bytes.data() + 512);
  }
}

TEST(Zip, AHeaderThatDoesNotFitIsRefused) {
  const TempFolder folder;
  base::AtomicFile file(folder / "a.zip");
  file.write_at(100'000, as_bytes("data"));
  ZipWriter zip(file);
  const std::uint64_t least = ZipWriter::room_for("w");
  EXPECT_THROW(zip.add_in_place("w", least - 1, 4), InvalidArgument);
  EXPECT_THROW(zip.add_in_place("w", 90'000, 4), InvalidArgument);
  EXPECT_NO_THROW(zip.add_in_place("w", least, 4));
}

TEST(Zip, ANameCannotStandTwiceInWhatIsWritten) {
  const TempFolder folder;
  base::AtomicFile file(folder / "a.zip");
  ZipWriter zip(file);
  zip.add("a", "1");
  EXPECT_THROW(zip.add("a", "2"), NameCollision);
  EXPECT_THROW(zip.add("", "2"), InvalidName);
}

TEST(Zip, ReadsDeflatedEntries) {
  const TempFolder folder;
  const Content content = {{"a", std::string(100'000, 'a')}, {"b", "short"}, {"c", "mixed mixed mixed"}};
  const std::string bytes = write_deflated_with_libzip(folder / "a.zip", content);
  EXPECT_LT(bytes.size(), 2000U);
  EXPECT_EQ(read_all(bytes), content);
  const ZipReader zip(as_bytes(bytes), "a.zip");
  EXPECT_EQ(zip.mapped(zip.entries()[0]), std::nullopt);
  for (const ZipEntry& entry : zip.entries()) EXPECT_NO_THROW(zip.check(entry)) << entry.name;
}

TEST(Zip, ShowsEntriesWithEqualNamesAndFindsTheLast) {
  const TempFolder folder;
  std::string bytes = write_zip(folder / "a.zip", {{"aaaa", "first"}, {"bbbb", "last"}});
  for (std::size_t at = bytes.find("bbbb"); at != std::string::npos; at = bytes.find("bbbb")) {
    bytes.replace(at, 4, "aaaa");
  }
  EXPECT_EQ(read_all(bytes), (Content{{"aaaa", "first"}, {"aaaa", "last"}}));
  const ZipReader zip(as_bytes(bytes), "a.zip");
  EXPECT_EQ(zip.read_text(*zip.find("aaaa")), "last");
  EXPECT_EQ(zip.find("bbbb"), nullptr);
}

TEST(Zip, FlagsNamesThatAreNoSafePaths) {
  const TempFolder folder;
  struct Case {
    std::string name;
    std::string shown;
    std::string unsafe;
  };
  const Case cases[] = {
      {"assets/a..b/c", "assets/a..b/c", ""},
      {"../evil", "../evil", "leaves its folder"},
      {"a/../../evil", "a/../../evil", "leaves its folder"},
      {"a\\..\\evil", "a\\..\\evil", "leaves its folder"},
      {"a/..", "a/..", "leaves its folder"},
      {"/etc/passwd", "/etc/passwd", "is an absolute path"},
      {"\\server\\x", "\\server\\x", "is an absolute path"},
      {"C:evil", "C:evil", "names a drive"},
      {std::string("a\0b", 3), "a\\x00b", "holds a NUL byte"},
      {"a\xff", "a\\xff", "is not UTF-8"},
      {"a\nb", "a\\x0ab", ""},
  };
  for (const Case& each : cases) {
    const std::string bytes = write_zip(folder / "a.zip", {{each.name, "x"}});
    const ZipReader zip(as_bytes(bytes), "a.zip");
    EXPECT_EQ(zip.entries()[0].name, each.shown);
    EXPECT_EQ(zip.entries()[0].unsafe, each.unsafe) << each.shown;
  }
}

// Changes `count` bytes at `at`, of the whole file, to `value`.
std::string with_field(std::string bytes, std::size_t at, std::size_t count, std::uint64_t value) {
  for (std::size_t i = 0; i < count; ++i) bytes[at + i] = static_cast<char>(value >> (8 * i));
  return bytes;
}

TEST(Zip, RefusesWhatIsWrongAndSaysWhat) {
  const TempFolder folder;
  const std::string good = write_zip(folder / "a.zip", {{"a", "aaaa"}, {"b", "bbbb"}});
  const std::size_t directory = good.find("PK\1\2"), end = good.find("PK\5\6");
  const std::string deflated = write_deflated_with_libzip(folder / "d.zip", {{"a", std::string(3000, 'x')}});
  const std::size_t deflated_directory = deflated.find("PK\1\2");
  struct Case {
    std::string bytes;
    std::string code;
    std::string said;
  };
  const Case cases[] = {
      {"", "format-error", "an empty file"},
      {"{\"not\": \"a zip, but long enough to be one\"}", "format-error", "not a whole zip archive"},
      {with_field(good, end + 4, 2, 1), "unsupported", "split"},
      {with_field(good, end + 16, 4, 0x7FFFFFFF), "format-error", "does not lie in the file"},
      {with_field(good, end + 10, 2, 3), "unsupported", "split"},
      {with_field(with_field(good, end + 10, 2, 3), end + 8, 2, 3), "format-error", "ends inside"},
      {with_field(with_field(good, end + 10, 2, 1), end + 8, 2, 1), "format-error", "another size than its entries"},
      {with_field(good, directory + 42, 4, 34), "format-error", "is damaged"},
      {with_field(good, directory + 42, 4, 0x7FFFFFFF), "format-error", "does not lie in the file"},
      {with_field(good, directory + 20, 4, 0x7FFFFFFF), "format-error", "ends inside the entry \"a\""},
      {with_field(good, directory + 20, 4, 5), "format-error", "in another size"},
      {with_field(with_field(good, directory + 20, 4, 5), directory + 24, 4, 5), "format-error", "lies over"},
      {with_field(good, directory + 24, 4, 0xFFFFFFFF), "format-error", "zip64 field"},
      {with_field(good, directory + 46, 1, 'z'), "format-error", "another name"},
      {with_field(good, directory + 10, 2, 8), "format-error", "another compression method"},
      {with_field(with_field(good, directory + 10, 2, 12), 8, 2, 12), "unsupported", "compression method 12"},
      {with_field(good, directory + 8, 2, 1), "unsupported", "encrypted"},
      {with_field(good, directory + 16, 4, 7), "format-error", "checksum"},
      {with_field(good, 31, 1, 'x'), "format-error", "checksum"},
      {with_field(deflated, deflated_directory + 24, 4, 2999), "format-error", "does not inflate to its size"},
      {with_field(deflated, deflated_directory + 24, 4, 3001), "format-error", "does not inflate to its size"},
      {with_field(deflated, deflated_directory + 24, 4, 0x30000000), "format-error", "beyond reason"},
  };
  for (const Case& each : cases) {
    try {
      static_cast<void>(read_all(each.bytes));
      ADD_FAILURE() << "was accepted: " << each.said;
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), each.code) << error.what();
      EXPECT_THAT(error.what(), HasSubstr(each.said));
      EXPECT_THAT(error.what(), HasSubstr("a.zip"));
    }
  }
}

TEST(Zip, CheckFindsWhatReadFinds) {
  const TempFolder folder;
  const std::string deflated = write_deflated_with_libzip(folder / "d.zip", {{"a", std::string(3000, 'x')}});
  const std::size_t directory = deflated.find("PK\1\2");
  for (const auto& [at, value] : std::multimap<std::size_t, std::uint64_t>{{16, 1}, {24, 2999}, {24, 3001}}) {
    const std::string bytes = with_field(deflated, directory + at, 4, value);
    const ZipReader zip(as_bytes(bytes), "d.zip");
    EXPECT_THROW(zip.check(zip.entries()[0]), FormatError) << at << " " << value;
  }
}

TEST(Zip, BoundsTheSizeOfATextThatIsRead) {
  const TempFolder folder;
  const std::string bytes = write_zip(folder / "a.zip", {{"a", "12345"}});
  const ZipReader zip(as_bytes(bytes), "a.zip");
  EXPECT_EQ(zip.read_text(zip.entries()[0], 5), "12345");
  EXPECT_THROW(static_cast<void>(zip.read_text(zip.entries()[0], 4)), FormatError);
}

TEST(Zip, ReadsAnArchiveBehindOtherBytes) {
  const TempFolder folder;
  EXPECT_EQ(read_all("#!/bin/sh\n" + write_zip(folder / "a.zip", kContent)), kContent);
  EXPECT_EQ(read_all("#!/bin/sh\n" + write_zip(folder / "a.zip", kContent, 0)), kContent);
}

// Whatever is damaged: an error of ours, or the content as it was. Never other content, never a crash.
void expect_sound_or_refused(const std::string& bytes, const Content& content, const std::string& what) {
  try {
    const ZipReader zip(as_bytes(bytes), "a.zip");
    for (const ZipEntry& entry : zip.entries()) {
      try {
        const std::string text = zip.read_text(entry);
        const bool known =
            std::any_of(content.begin(), content.end(), [&](const auto& each) { return each.second == text; });
        EXPECT_TRUE(known) << what << ": other content passed as " << entry.name;
      } catch (const FormatError&) {
      } catch (const Unsupported&) {
      }
    }
  } catch (const FormatError&) {
  } catch (const Unsupported&) {
  }
}

TEST(Zip, NoDamageGivesOtherContent) {
  const TempFolder folder;
  const Content content = {{"a", "alpha"}, {"bb", std::string(300, 'b')}, {"c", "gamma"}};
  const std::string archives[] = {write_zip(folder / "a.zip", content), write_zip(folder / "b.zip", content, 0),
                                  write_deflated_with_libzip(folder / "c.zip", content)};
  for (const std::string& bytes : archives) {
    for (std::size_t at = 0; at < bytes.size(); ++at) {
      EXPECT_THROW(static_cast<void>(ZipReader(as_bytes(bytes).first(at), "a.zip")), FormatError) << "cut at " << at;
      for (const int change : {0x01, 0x80, 0xFF}) {
        std::string damaged = bytes;
        damaged[at] = static_cast<char>(damaged[at] ^ change);
        expect_sound_or_refused(damaged, content, "byte " + std::to_string(at) + " ^ " + std::to_string(change));
      }
    }
  }
}

}  // namespace
}  // namespace namesake::formats
