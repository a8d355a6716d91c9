#include "namesake/base/mapped_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>

#include "namesake/base/error.h"
#include "tests/support/temp_folder.h"

namespace namesake::base {
namespace {

using ::namesake::testing::TempFolder;
using ::namesake::testing::write_text;

std::string text_of(const MappedFile& file) {
  return {reinterpret_cast<const char*>(file.bytes().data()), file.bytes().size()};
}

TEST(MappedFile, ShowsTheBytesOfTheFile) {
  const TempFolder folder;
  write_text(folder / "a", std::string("x\0y\n", 4));
  EXPECT_EQ(text_of(*MappedFile::open(folder / "a")), std::string("x\0y\n", 4));
}

TEST(MappedFile, OfAnEmptyFileIsEmpty) {
  const TempFolder folder;
  write_text(folder / "empty", "");
  EXPECT_TRUE(MappedFile::open(folder / "empty")->bytes().empty());
}

TEST(MappedFile, KeepsTheOldBytesWhenTheFileIsReplaced) {
  const TempFolder folder;
  write_text(folder / "a", "old");
  const auto file = MappedFile::open(folder / "a");
  write_text(folder / "b", "new");
  std::filesystem::rename(folder / "b", folder / "a");
  EXPECT_EQ(text_of(*file), "old");
}

TEST(MappedFile, ReadsAnyPartOfTheFile) {
  const TempFolder folder;
  std::string text(5'000'000, ' ');
  for (std::size_t i = 0; i < text.size(); ++i) text[i] = static_cast<char>(i * i >> 7U);
  write_text(folder / "a", text);
  const auto file = MappedFile::open(folder / "a");
  for (const auto& [offset, size] : std::vector<std::pair<std::size_t, std::size_t>>{{0, 0}, {3, 1}, {17, 1 << 20}, {1, 4'999'999}}) {
    std::string part(size, '?');
    file->read_at(offset, std::as_writable_bytes(std::span(part)));
    EXPECT_TRUE(part == text.substr(offset, size)) << size << " bytes at " << offset;
  }
}

TEST(MappedFile, ThatBecameShorterIsAnErrorAndNamed) {
  const TempFolder folder;
  write_text(folder / "a", std::string(3'000'000, 'x'));
  const auto file = MappedFile::open(folder / "a");
  std::filesystem::resize_file(folder / "a", 2'000'000);
  std::string part(3'000'000, '?');
  try {
    file->read_at(0, std::as_writable_bytes(std::span(part)));
    ADD_FAILURE() << "it was read";
  } catch (const IoError& error) {
    EXPECT_THAT(error.what(), ::testing::HasSubstr(folder / "a"));
  }
}

TEST(MappedFile, RefusesWhatIsNoReadableFileAndNamesIt) {
  const TempFolder folder;
  write_text(folder / "closed", "x");
  std::filesystem::permissions(folder / "closed", std::filesystem::perms::none);
  ASSERT_EQ(::mkfifo((folder / "pipe").c_str(), 0600), 0);
  struct Case {
    std::string path;
    int error_number;
  };
  std::vector<Case> cases = {{folder / "missing", ENOENT}, {folder.path(), EISDIR}, {folder / "pipe", ENODEV}};
  if (::geteuid() != 0) cases.push_back({folder / "closed", EACCES});  // root may read anything
  for (const Case& each : cases) {
    try {
      static_cast<void>(MappedFile::open(each.path));
      ADD_FAILURE() << each.path << " was opened";
    } catch (const IoError& error) {
      EXPECT_EQ(error.error_number(), each.error_number) << error.what();
      EXPECT_THAT(error.what(), ::testing::HasSubstr(each.path));
    }
  }
}

}  // namespace
}  // namespace namesake::base
