#include "namesake/tensor/feed.h"

#include <gtest/gtest.h>

#include "namesake/base/error.h"

namespace namesake {
namespace {

Feed passed(const Feed& feed) { return feed; }

TEST(Feed, IsMadeOfOneTensorAListOrNames) {
  const Tensor a = 1.0f, b = 2.0f;
  EXPECT_EQ(passed(a).form(), Feed::Form::kOne);
  EXPECT_EQ(passed({a, b}).form(), Feed::Form::kList);
  EXPECT_EQ(passed({a, b}).size(), 2u);
  const Feed named = passed({{"p", a}, {"q", b}});
  EXPECT_EQ(named.form(), Feed::Form::kNamed);
  EXPECT_EQ(named.names(), (std::vector<std::string>{"p", "q"}));
  EXPECT_EQ(named.find("q")->item<float>(), 2.0f);
  EXPECT_EQ(named.find("r"), nullptr);
}

TEST(Feed, OfNothingIsUndefined) {
  EXPECT_FALSE(Feed().defined());
  EXPECT_FALSE(Feed(Tensor()).defined());
  EXPECT_TRUE(Feed(Tensor(1.0f)).defined());
}

TEST(Feed, RefusesTwoTensorsOfOneName) {
  EXPECT_THROW(passed({{"p", Tensor(1.0f)}, {"p", Tensor(2.0f)}}), NameCollision);
  EXPECT_THROW(static_cast<void>(Feed::named({"p"}, {Tensor(1.0f), Tensor(2.0f)})), InvalidArgument);
}

TEST(Feed, OnlyRefusesSeveral) {
  EXPECT_EQ(Feed(Tensor(3.0f)).only().item<float>(), 3.0f);
  EXPECT_THROW(static_cast<void>(passed({Tensor(1.0f), Tensor(2.0f)}).only()), InvalidArgument);
}

}  // namespace
}  // namespace namesake
