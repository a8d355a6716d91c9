#include "namesake/naming/unique_names.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>
#include <set>

#include "namesake/base/error.h"

namespace namesake::naming {
namespace {

TEST(UniqueNames, CountAsKerasDoes) {
  UniqueNames names;
  EXPECT_EQ(names.take("dense"), "dense");
  EXPECT_EQ(names.take("dense"), "dense_1");
  EXPECT_EQ(names.take("conv2d"), "conv2d");
  EXPECT_EQ(names.take("dense"), "dense_2");
}

TEST(UniqueNames, NeverGiveANameThatWasClaimed) {
  UniqueNames names;
  names.claim("dense_1");
  EXPECT_EQ(names.take("dense"), "dense");
  EXPECT_EQ(names.take("dense"), "dense_2");
  EXPECT_EQ(names.take("dense_1"), "dense_1_1");
}

TEST(UniqueNames, NeverGiveANameThatAnotherBaseCameTo) {
  UniqueNames names;
  EXPECT_EQ(names.take("dense_1"), "dense_1");
  EXPECT_EQ(names.take("dense"), "dense");
  EXPECT_EQ(names.take("dense"), "dense_2");
}

TEST(UniqueNames, RefuseASecondClaimWithBothPlaces) {
  UniqueNames names(NameKind::kMetric);
  names.claim("auc", Site{"src/a.cpp", 3});
  try {
    names.claim("auc", Site{"src/a.cpp", 9});
    ADD_FAILURE() << "was taken";
  } catch (const NameCollision& error) {
    ASSERT_EQ(error.places().size(), 2u);
    EXPECT_EQ(error.places()[0].site.line, 3u);
    EXPECT_EQ(error.places()[1].site.line, 9u);
    EXPECT_STREQ(error.what(),
                 "name-collision: two metrics are called \"auc\".\n"
                 "  first     src/a.cpp:3\n"
                 "  again     src/a.cpp:9\n"
                 "  fix       call one of them something else (\"auc_1\" is free)");
  }
}

TEST(UniqueNames, RefuseAClaimThatTheRulesForbid) {
  UniqueNames names;
  EXPECT_THROW(names.claim("a/b"), InvalidName);
  EXPECT_EQ(names.size(), 0u);
}

TEST(UniqueNames, GiveAReleasedNameAgain) {
  UniqueNames names;
  for (int i = 0; i < 4; ++i) names.take("dense");
  EXPECT_TRUE(names.release("dense_1"));
  EXPECT_FALSE(names.release("dense_1"));
  EXPECT_FALSE(names.known("dense_1"));
  EXPECT_EQ(names.peek("dense"), "dense_1");
  EXPECT_EQ(names.take("dense"), "dense_1");
  EXPECT_EQ(names.take("dense"), "dense_4");
  EXPECT_TRUE(names.release("dense"));
  EXPECT_EQ(names.take("dense"), "dense");
}

TEST(UniqueNames, KnowWhereANameWasTaken) {
  UniqueNames names;
  names.take("a", Site{"f.cpp", 5});
  EXPECT_EQ(names.site_of("a").line, 5u);
  EXPECT_FALSE(names.site_of("b").known());
}

TEST(UniqueNames, AgreeWithASetUnderAnyOrderOfCalls) {
  std::mt19937 random(4);
  const std::string longest(kMaxNameLength, 'x');
  const std::string bases[] = {"a", "a_1", "a_1_1", "a_2", longest, longest.substr(1)};
  UniqueNames names;
  std::set<std::string> held;
  for (int round = 0; round < 5000; ++round) {
    const std::string& base = bases[random() % std::size(bases)];
    if (random() % 3 == 0 && !held.empty()) {
      const auto gone = std::next(held.begin(), static_cast<long>(random() % held.size()));
      ASSERT_TRUE(names.release(*gone));
      held.erase(gone);
      continue;
    }
    std::string expected = base;
    for (std::size_t n = 1; held.contains(expected); ++n) expected = numbered(base, n);
    ASSERT_EQ(names.take(base), expected);
    held.insert(expected);
    ASSERT_EQ(names.size(), held.size());
  }
}

TEST(WithoutNumber, GivesTheNameThatWasTaken) {
  for (const auto& [numbered, name] : {std::pair("dense_1", "dense"), {"dense_12", "dense"}, {"dense_1_2", "dense_1"}, {"dense", "dense"}, {"dense1", "dense1"},
                                       {"dense_", "dense_"}, {"_1", "_1"}, {"12", "12"}, {"", ""}})
    EXPECT_EQ(without_number(numbered), name);
}

}  // namespace
}  // namespace namesake::naming
