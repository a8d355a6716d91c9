#include "namesake/formats/csv.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "namesake/base/error.h"
#include "tests/support/temp_folder.h"

namespace namesake::formats {
namespace {

using ::namesake::testing::TempFolder;
using ::namesake::testing::write_text;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using Header = CsvOptions::Header;

TEST(Csv, ReadsTables) {
  struct Case {
    const char* text;
    CsvOptions options;
    std::vector<std::string> columns;
    Shape shape;
    std::vector<float> values;
  };
  const Case cases[] = {
      {"1,2\n3,4\n", {}, {}, {2, 2}, {1, 2, 3, 4}},
      {"1,2\n3,4", {}, {}, {2, 2}, {1, 2, 3, 4}},
      {"1,2\r\n3,4\r\n\r\n \n", {}, {}, {2, 2}, {1, 2, 3, 4}},
      {"a,b\n3,4\n", {}, {"a", "b"}, {1, 2}, {3, 4}},
      {"\xEF\xBB\xBF"
       "a,b\n3,4\n",
       {},
       {"a", "b"},
       {1, 2},
       {3, 4}},
      {"\"a, or \"\"A\"\"\" , b\n \"3\" ,\t4 \n", {}, {"a, or \"A\"", "b"}, {1, 2}, {3, 4}},
      {"-1.5e-3,+2,.5,7.\n", {}, {}, {1, 4}, {-1.5e-3F, 2, .5F, 7}},
      {"5", {}, {}, {1, 1}, {5}},
      {"x\n5\n6\n", {}, {"x"}, {2, 1}, {5, 6}},
      {"1;2\n", {.separator = ';'}, {}, {1, 2}, {1, 2}},
      {"1\t2\n", {.separator = '\t'}, {}, {1, 2}, {1, 2}},
      {"1,2\n3,4\n", {.header = Header::kYes}, {"1", "2"}, {1, 2}, {3, 4}},
  };
  for (const Case& each : cases) {
    const CsvTable table = parse_csv(each.text, "a.csv", each.options);
    EXPECT_EQ(table.columns, each.columns) << each.text;
    EXPECT_EQ(table.values.shape(), each.shape) << each.text;
    EXPECT_EQ(table.values.to_vector<float>(), each.values) << each.text;
  }
}

TEST(Csv, NamesLineAndColumnOfWhatIsWrong) {
  struct Case {
    const char* text;
    CsvOptions options;
    const char* inner;
    const char* said;
  };
  const Case cases[] = {
      {"1,2\n3,four\n", {}, "line 2, column 2", "\"four\""},
      {"x,y\n1,2\n3,4a\n", {}, "line 3, column 2 (\"y\")", "\"4a\""},
      {"a,1\n", {}, "line 1, column 1", "\"a\""},
      {"a,b\n", {.header = Header::kNo}, "line 1, column 1", "\"a\""},
      {"1,\n", {}, "line 1, column 2", "nothing"},
      {"1,2\n,4\n", {}, "line 2, column 1", "A cell is empty."},
      {"1,2\n3\n", {}, "line 2", "1 cells"},
      {"1,2\n3,4,5\n", {}, "line 2", "2 cells, as in the first line"},
      {"a,b\n1,2,3\n", {}, "line 2", "3 cells"},
      {"1\n\n2\n", {}, "line 2", "A line is empty."},
      {"1,nan\n", {}, "line 1, column 2", "\"nan\""},
      {"1,inf\n", {}, "line 1, column 2", "a finite number"},
      {"1,1e400\n", {}, "line 1, column 2", "\"1e400\""},
      {"1,1e39\n", {}, "line 1, column 2", "\"1e39\""},
      {"1,0x10\n", {}, "line 1, column 2", "\"0x10\""},
      {"1,--2\n", {}, "line 1, column 2", "\"--2\""},
      {"1;2\n", {}, "line 1, column 1", "write the file with commas"},
      {"1,\"2\n3,4\n", {}, "line 1, column 2", "do not close"},
      {"1,\"2\"3\n", {}, "line 1, column 2", "do not close"},
      {"", {}, "", "an empty file"},
      {"\n\n", {}, "", "an empty file"},
      {"a,b\n", {}, "", "a header only"},
  };
  for (const Case& each : cases) {
    try {
      static_cast<void>(parse_csv(each.text, "a.csv", each.options));
      ADD_FAILURE() << each.text << " was accepted";
    } catch (const FormatError& error) {
      EXPECT_EQ(error.file(), "a.csv");
      EXPECT_EQ(error.inner(), each.inner) << each.text << "\n" << error.what();
      EXPECT_THAT(error.what(), HasSubstr(each.said));
    }
  }
}

TEST(Csv, ReadsAFile) {
  const TempFolder folder;
  write_text(folder / "a.csv", "x,y\n1,2\n");
  EXPECT_THAT(read_csv(folder / "a.csv").columns, ElementsAre("x", "y"));
  EXPECT_THROW(static_cast<void>(read_csv(folder / "missing.csv")), IoError);
}

TEST(Csv, AnyBytesGiveATableOrAnErrorOfOurs) {
  const std::string text = "\"a\",b\r\n1.5,-2e3\n \"7\",8\n";
  for (std::size_t at = 0; at < text.size(); ++at) {
    for (const char byte : {'\0', '\n', '"', ',', '\xff', 'e', ' '}) {
      std::string damaged = text;
      damaged[at] = byte;
      try {
        EXPECT_GT(parse_csv(damaged, "a.csv").values.size(), 0);
      } catch (const FormatError& error) {
        EXPECT_EQ(error.code(), "format-error");
      }
    }
  }
}

}  // namespace
}  // namespace namesake::formats
