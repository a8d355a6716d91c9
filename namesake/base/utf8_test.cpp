#include "namesake/base/utf8.h"

#include <gtest/gtest.h>

namespace namesake::base {
namespace {

TEST(Utf8, KnowsSoundTextAndShowsTheRest) {
  struct Case {
    std::string_view text;
    bool sound;
    std::string_view shown;
  };
  const Case cases[] = {
      {"", true, ""},
      {"plain ~", true, "plain ~"},
      {"caf\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80", true, "caf\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80"},
      {"\xf4\x8f\xbf\xbf", true, "\xf4\x8f\xbf\xbf"},
      {"a\nb\x7f", true, "a\\x0ab\\x7f"},
      {"\xff", false, "\\xff"},
      {"\x80", false, "\\x80"},
      {"a\xc3", false, "a\\xc3"},
      {"\xe2\x82", false, "\\xe2\\x82"},
      {"\xc0\x80", false, "\\xc0\\x80"},
      {"\xe0\x80\x80", false, "\\xe0\\x80\\x80"},
      {"\xf0\x80\x80\x80", false, "\\xf0\\x80\\x80\\x80"},
      {"\xed\xa0\x80", false, "\\xed\\xa0\\x80"},
      {"\xf4\x90\x80\x80", false, "\\xf4\\x90\\x80\\x80"},
      {"\xc3\xa9\xff", false, "\\xc3\\xa9\\xff"},
  };
  for (const Case& each : cases) {
    EXPECT_EQ(is_utf8(each.text), each.sound) << each.shown;
    EXPECT_EQ(to_shown_utf8(each.text), each.shown);
  }
}

TEST(Utf8, ReadsCharacterByCharacter) {
  const std::string_view text = "a\xc3\xa9\xf0\x9f\x98\x80\xff";
  std::size_t at = 0;
  EXPECT_EQ(next_character(text, at), U'a');
  EXPECT_EQ(next_character(text, at), U'\u00e9');
  EXPECT_EQ(next_character(text, at), U'\U0001F600');
  EXPECT_EQ(at, 7U);
  EXPECT_EQ(next_character(text, at), std::nullopt);
  EXPECT_EQ(at, 7U) << "it stays where nothing could be read";
}

}  // namespace
}  // namespace namesake::base
