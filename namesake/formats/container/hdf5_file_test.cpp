#include "namesake/formats/container/hdf5_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>

#include "namesake/base/error.h"
#include "namesake/formats/container/hdf5_bytes.h"

namespace namesake::formats {
namespace {

TEST(Lookup3, GivesItsAuthorsOwnValues) {
  const auto hash = [](std::string_view text) { return hdf5::lookup3(std::as_bytes(std::span(text))); };
  EXPECT_EQ(hash(""), 0xdeadbeefU);
  EXPECT_EQ(hash("Four score and seven years ago"), 0x17770551U);
}

TEST(Hdf5File, KnowsItsOwnKind) {
  const char signature[] = "\x89HDF\r\n\x1a\n and so on";
  std::vector<std::byte> bytes(2048 + sizeof signature);
  EXPECT_FALSE(Hdf5File::looks_like_hdf5({}));
  EXPECT_FALSE(Hdf5File::looks_like_hdf5(bytes));
  std::memcpy(bytes.data() + 2048, signature, sizeof signature);
  EXPECT_TRUE(Hdf5File::looks_like_hdf5(bytes)) << "behind a user block";
  EXPECT_TRUE(Hdf5File::looks_like_hdf5(std::span(bytes).subspan(2048)));
  EXPECT_FALSE(Hdf5File::looks_like_hdf5(std::span(bytes).subspan(2047)));
}

TEST(Hdf5File, SaysThatAFileIsNone) {
  const std::vector<std::byte> zip = {std::byte{'P'}, std::byte{'K'}, std::byte{3}, std::byte{4}};
  try {
    Hdf5File file(zip, "model.h5");
    FAIL() << "was opened";
  } catch (const FormatError& error) {
    EXPECT_EQ(error.file(), "model.h5");
    EXPECT_THAT(error.what(), testing::HasSubstr("no HDF5 file"));
  }
}

}  // namespace
}  // namespace namesake::formats
