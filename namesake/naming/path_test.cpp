#include "namesake/naming/path.h"

#include <gtest/gtest.h>

#include <map>
#include <random>

#include "namesake/base/error.h"
#include "namesake/naming/rules.h"

namespace namesake::naming {
namespace {

TEST(Path, IsJoinedAndSplitAtSlashes) {
  EXPECT_EQ(join_path("a", "b/c"), "a/b/c");
  EXPECT_EQ(join_path("", "b"), "b");
  EXPECT_EQ(join_path("a", ""), "a");
  EXPECT_EQ(join_path({"a", "b", "c"}), "a/b/c");
  for (const char* path : {"", "a", "a/b/c", "a//b", "/a", "a/"}) EXPECT_EQ(join_path(split_path(path)), path) << path;
  EXPECT_EQ(split_path("a/b"), (std::vector<std::string>{"a", "b"}));
  EXPECT_TRUE(split_path("").empty());
}

TEST(Path, HasAParentAndALeaf) {
  struct Case {
    const char* path;
    const char* parent;
    const char* leaf;
  };
  for (const Case& c : {Case{"a/b/c", "a/b", "c"}, Case{"a", "", "a"}, Case{"", "", ""}}) {
    EXPECT_EQ(parent_path(c.path), c.parent) << c.path;
    EXPECT_EQ(leaf_name(c.path), c.leaf) << c.path;
  }
}

TEST(Path, IsAPrefixOnlyAtABorder) {
  EXPECT_TRUE(is_prefix_path("a", "a/b"));
  EXPECT_TRUE(is_prefix_path("a/b", "a/b/c/d"));
  EXPECT_TRUE(is_prefix_path("", "a"));
  EXPECT_FALSE(is_prefix_path("a", "ab"));
  EXPECT_FALSE(is_prefix_path("a", "a"));
  EXPECT_FALSE(is_prefix_path("a/b", "a"));
  EXPECT_FALSE(is_prefix_path("", ""));
}

TEST(FlattenScoped, PutsALayerAndItsScopeIntoOneName) {
  EXPECT_EQ(flatten_scoped("a/d"), "a>d");
  EXPECT_EQ(flatten_scoped("d"), "d");
  EXPECT_EQ(flatten_scoped(""), "");
  EXPECT_EQ(unflatten_scoped("a>b>c"), "a/b/c");
  EXPECT_EQ(unflatten_scoped("dense_1"), "dense_1");
}

TEST(FlattenScoped, RefusesWhatItCouldNotGiveBack) {
  for (const char* path : {"a>b", "a/b>", "a//b", "/a", "a/"})
    EXPECT_THROW((void)flatten_scoped(path), InvalidArgument) << path;
  for (const char* flat : {">a", "a>", "a>>b", "a/b", ">"}) EXPECT_EQ(unflatten_scoped(flat), std::nullopt) << flat;
}

TEST(JoinFlat, KeepsApartWhatAnUnderscoreWouldJoin) {
  struct Case {
    const char* path;
    const char* flat;
  };
  for (const Case& c :
       {Case{"a_b/c", "a_b.c"}, Case{"a/b_c", "a.b_c"}, Case{"dense_1/kernel", "dense_1.kernel"},
        Case{"a.b/c", "a.-b.c"}, Case{"a/b.c", "a.b.-c"}, Case{"a./b", "a.-.b"}, Case{"a/.b", "a..-b"}, Case{"", ""}}) {
    EXPECT_EQ(join_flat(c.path), c.flat);
    EXPECT_EQ(split_flat(c.flat), c.path);
  }
}

TEST(JoinFlat, RefusesWhatItCouldNotGiveBack) {
  for (const char* path : {"a/-b", "-a", "a//b", "a/"}) EXPECT_THROW((void)join_flat(path), InvalidArgument) << path;
  for (const char* flat : {"a/b", ".a", "a.", "a..b", "-a", "."}) EXPECT_EQ(split_flat(flat), std::nullopt) << flat;
}

// Random paths of a few characters, so that near twins are frequent.
std::string random_path(std::mt19937& random) {
  const std::string first = "ab.", rest = "ab._-";
  for (;;) {
    std::vector<std::string> names;
    for (auto parts = 1 + random() % 3; parts > 0; --parts) {
      std::string name(1, first[random() % first.size()]);
      for (auto n = random() % 4; n > 0; --n) name += rest[random() % rest.size()];
      names.push_back(name);
    }
    bool legal = true;
    for (const std::string& name : names) legal = legal && is_legal(name);
    if (legal) return join_path(names);
  }
}

TEST(FlatJoins, NeverMakeOneNameOfTwoPathsAndComeBack) {
  std::mt19937 random(2);
  std::map<std::string, std::string> scoped, flat;
  for (int round = 0; round < 100000; ++round) {
    const std::string path = random_path(random);
    const auto [by_scope, fresh_scope] = scoped.emplace(flatten_scoped(path), path);
    const auto [by_flat, fresh_flat] = flat.emplace(join_flat(path), path);
    ASSERT_EQ(by_scope->second, path) << by_scope->first;
    ASSERT_EQ(by_flat->second, path) << by_flat->first;
    ASSERT_EQ(unflatten_scoped(by_scope->first), path);
    ASSERT_EQ(split_flat(by_flat->first), path);
    ASSERT_TRUE(is_legal(by_flat->first)) << by_flat->first;
  }
  EXPECT_GT(flat.size(), 10000u);  // or the rounds above said little
}

TEST(FlatJoins, ReadNoFlatNameThatTheyWouldNotWrite) {
  std::mt19937 random(3);
  const std::string alphabet = "ab.->/_";
  int read = 0;
  for (int round = 0; round < 100000; ++round) {
    std::string text;
    for (auto n = 1 + random() % 7; n > 0; --n) text += alphabet[random() % alphabet.size()];
    if (const auto path = unflatten_scoped(text)) {
      ASSERT_EQ(flatten_scoped(*path), text);
    }
    if (const auto path = split_flat(text)) {
      ASSERT_EQ(join_flat(*path), text);
      ++read;
    }
  }
  EXPECT_GT(read, 1000);
}

}  // namespace
}  // namespace namesake::naming
