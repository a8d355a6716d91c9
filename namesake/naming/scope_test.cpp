#include "namesake/naming/scope.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include "namesake/base/error.h"
#include "namesake/naming/graph_claims.h"

namespace namesake {
namespace {

using naming::current_scope;
using naming::Scope;
using naming::ScopeEntry;
using naming::ScopePtr;
using testing::HasSubstr;

// Names are state of the thread, which the tests of a program share.
class NameScopes : public testing::Test {
 protected:
  NameScopes() { reset_names(); }
  ~NameScopes() override { reset_names(); }
};

std::string automatic(std::string_view base) { return current_scope()->auto_name(base); }

TEST_F(NameScopes, NestAndCloseAtTheEndOfTheBlock) {
  EXPECT_EQ(current_scope_path(), "");
  {
    const NameScope outer("model_0");
    EXPECT_EQ(current_scope_path(), "model_0");
    {
      const NameScope inner("encoder/block");
      EXPECT_EQ(current_scope_path(), "model_0/encoder/block");
      EXPECT_EQ(inner.path(), "model_0/encoder/block");
    }
    EXPECT_EQ(current_scope_path(), "model_0");
  }
  EXPECT_EQ(current_scope_path(), "");
}

TEST_F(NameScopes, CloseWhenAnExceptionLeavesThem) {
  try {
    const NameScope scope("m");
    throw InvalidArgument({.what = "stop."});
  } catch (const InvalidArgument&) {
  }
  EXPECT_EQ(current_scope_path(), "");
}

TEST_F(NameScopes, CountAutomaticNamesAsKerasDoesAtTheRoot) {
  EXPECT_EQ(automatic("dense"), "dense");
  EXPECT_EQ(automatic("dense"), "dense_1");
  EXPECT_EQ(automatic("conv2d"), "conv2d");
  EXPECT_EQ(automatic("dense"), "dense_2");
}

TEST_F(NameScopes, GiveAModelTheSameNamesWhateverWasBuiltBefore) {
  const auto build = [] {
    const NameScope scope("m");
    return std::vector<std::string>{automatic("dense"), automatic("dense"), automatic("conv2d")};
  };
  const std::vector<std::string> fresh = build();
  EXPECT_EQ(fresh, (std::vector<std::string>{"dense", "dense_1", "conv2d"}));
  (void)automatic("dense");
  EXPECT_EQ(build(), fresh);
  {
    const NameScope other("other");
    (void)automatic("dense");
  }
  EXPECT_EQ(build(), fresh);
}

TEST_F(NameScopes, AreEnteredAgainWithTheirCountersByASlashAtTheEnd) {
  ScopePtr first;
  {
    const NameScope scope("m");
    first = scope.scope();
    EXPECT_EQ(automatic("dense"), "dense");
  }
  const NameScope elsewhere("x");
  const NameScope again("m/");
  EXPECT_EQ(again.path(), "m");
  EXPECT_EQ(again.scope(), first);
  EXPECT_EQ(automatic("dense"), "dense_1");
}

TEST_F(NameScopes, AreMadeByASlashAtTheEndIfTheyAreNew) {
  const NameScope elsewhere("x");
  {
    const NameScope scope("a/b/");
    EXPECT_EQ(scope.path(), "a/b");
    EXPECT_EQ(automatic("dense"), "dense");
  }
  const NameScope again("a/b/");
  EXPECT_EQ(automatic("dense"), "dense_1");
}

TEST_F(NameScopes, OpenTheLastOneOfAPathWhenItWasOpenedTwice) {
  ScopePtr second;
  { const NameScope scope("m"); }
  {
    const NameScope scope("m");
    second = scope.scope();
  }
  const NameScope again("m/");
  EXPECT_EQ(again.scope(), second);
}

TEST_F(NameScopes, KeepTheCountersOfWhatStandsInTheMiddleOfAPath) {
  {
    const NameScope a("a");
    EXPECT_EQ(automatic("dense"), "dense");
  }
  {
    const NameScope ab("a/b");
    EXPECT_EQ(automatic("dense"), "dense");
  }
  const NameScope a("a/");
  EXPECT_EQ(automatic("dense"), "dense_1");
}

TEST_F(NameScopes, ReturnToTheRoot) {
  (void)automatic("dense");
  const NameScope scope("m");
  {
    const NameScope root = NameScope::root();
    EXPECT_EQ(current_scope_path(), "");
    EXPECT_EQ(automatic("dense"), "dense_1");
    const NameScope below("n");
    EXPECT_EQ(below.path(), "n");
  }
  EXPECT_EQ(current_scope_path(), "m");
  const NameScope slash("/");
  EXPECT_EQ(current_scope_path(), "");
}

TEST_F(NameScopes, RefuseIllegalNamesAndOpenNothing) {
  for (const char* name :
       {"", "a b", "_a", "a>b", ".", "..", "a//b", "/a", "//", "a/../b", "top_level_model_weights"}) {
    EXPECT_THROW(const NameScope scope(name), InvalidName) << name;
    EXPECT_EQ(current_scope_path(), "") << name;
  }
}

TEST_F(NameScopes, KnowTheLineThatOpenedThem) {
  const NameScope scope("m");
  EXPECT_EQ(scope.scope()->site().line, static_cast<unsigned>(__LINE__ - 1));
}

TEST_F(NameScopes, StartAnewAfterResetNames) {
  (void)automatic("dense");
  {
    const NameScope scope("m");
    (void)automatic("dense");
  }
  reset_names();
  EXPECT_EQ(automatic("dense"), "dense");
  const NameScope scope("m/");
  EXPECT_EQ(automatic("dense"), "dense");
}

TEST_F(NameScopes, StayOpenOverResetNames) {
  const NameScope scope("m");
  reset_names();
  EXPECT_EQ(current_scope_path(), "m");
}

// --- policies

TEST_F(NameScopes, HaveThePolicyOfTheScopeAroundThem) {
  EXPECT_EQ(current_name_policy(), NamePolicy::kError);
  {
    const NameScope outer("m", {.policy = NamePolicy::kStrict});
    const NameScope inner("n");
    EXPECT_EQ(current_name_policy(), NamePolicy::kStrict);
    const NameScope own("o", {.policy = NamePolicy::kUniquify});
    EXPECT_EQ(current_name_policy(), NamePolicy::kUniquify);
  }
  EXPECT_EQ(current_name_policy(), NamePolicy::kError);
}

TEST_F(NameScopes, KeepTheirPolicyWhenEnteredLater) {
  ScopePtr layer;
  {
    const NameScope scope("m", {.policy = NamePolicy::kUniquify});
    layer = current_scope()->make_child("dense");
  }
  {
    const ScopeEntry entry(layer);
    EXPECT_EQ(current_name_policy(), NamePolicy::kUniquify);
  }
  {
    const NameScope again("m/");
    EXPECT_EQ(current_name_policy(), NamePolicy::kUniquify);
  }
  const NameScope other("m/", {.policy = NamePolicy::kStrict});
  EXPECT_EQ(current_name_policy(), NamePolicy::kStrict);
}

TEST_F(NameScopes, TakeAPolicyForTheWholeProgramAtTheRoot) {
  const NameScope root = NameScope::root({.policy = NamePolicy::kStrict});
  EXPECT_EQ(current_scope_path(), "");
  EXPECT_EQ(current_scope()->make_child("dense")->policy(), NamePolicy::kStrict);
}

TEST_F(NameScopes, AreOpenedTwiceUnderTheDefaultPolicy) {
  { const NameScope scope("m"); }
  const NameScope scope("m");
  EXPECT_EQ(scope.path(), "m");
}

TEST_F(NameScopes, GetASuffixUnderUniquifyAndReportIt) {
  const NameScope all = NameScope::root({.policy = NamePolicy::kUniquify});
  { const NameScope scope("m"); }
  { const NameScope scope("m_1"); }
  const NameScope scope("m", Site{"src/loop.cpp", 14});
  EXPECT_EQ(scope.path(), "m_2");
  ASSERT_EQ(all.renames().size(), 1u);
  EXPECT_EQ(all.renames()[0].asked, "m");
  EXPECT_EQ(all.renames()[0].given, "m_2");
  EXPECT_EQ(all.renames()[0].site.line, 14u);
  EXPECT_EQ(all.renames()[0].scope, "");
  EXPECT_EQ(scope.renames().size(), 1u);  // the same policy, the same list
}

TEST_F(NameScopes, AreRefusedTwiceUnderStrictWithBothPlaces) {
  const NameScope all = NameScope::root({.policy = NamePolicy::kStrict});
  { const NameScope scope("m", Site{"src/loop.cpp", 14}); }
  try {
    const NameScope scope("m", Site{"src/loop.cpp", 20});
    ADD_FAILURE() << "was opened";
  } catch (const NameCollision& error) {
    ASSERT_EQ(error.places().size(), 2u);
    EXPECT_EQ(error.places()[0].site.line, 14u);
    EXPECT_EQ(error.places()[1].site.line, 20u);
    EXPECT_STREQ(
        error.what(),
        "name-collision: the scope \"m\" was opened before.\n"
        "  expected  each scope once: under NamePolicy::kStrict the names of this thread are one graph\n"
        "  first     src/loop.cpp:14   NameScope(\"m\")\n"
        "  again     src/loop.cpp:20   NameScope(\"m\")\n"
        "  fix       call the second scope something else (\"m_1\" is free), or enter the first one again with a slash "
        "at the end (NameScope(\"m/\")), or forget all names with reset_names()");
  }
  EXPECT_EQ(current_scope_path(), "");
  const NameScope again("m/");
  EXPECT_EQ(again.path(), "m");
}

TEST_F(NameScopes, OfALayersOwnCodeAreOpenedEachTimeItRunsUnderAnyPolicy) {
  for (const NamePolicy policy : {NamePolicy::kStrict, NamePolicy::kUniquify}) {
    reset_names();
    const NameScope all = NameScope::root({.policy = policy});
    const ScopePtr layer = current_scope()->make_child("attention");
    for (int call = 0; call < 3; ++call) {
      const ScopeEntry entry(layer);
      const NameScope scope("scores");
      EXPECT_EQ(scope.path(), "attention/scores");
    }
    EXPECT_TRUE(all.renames().empty());
  }
}

// --- nodes

TEST_F(NameScopes, AreEnteredByALayerLongAfterTheyWereClosed) {
  ScopePtr layer;
  {
    const NameScope scope("model_0");
    layer = current_scope()->make_child("dense_1");
    EXPECT_EQ(current_scope_path(), "model_0");  // made, not entered
  }
  const NameScope elsewhere("x");
  {
    const ScopeEntry entry(layer);
    EXPECT_EQ(current_scope_path(), "model_0/dense_1");
  }
  EXPECT_EQ(current_scope_path(), "x");
  EXPECT_THROW(const ScopeEntry entry(nullptr), InvalidArgument);
}

TEST_F(NameScopes, StandBelowTheLayerThatOpensThemThoughAnotherHasItsPath) {
  for (const ScopePtr& layer : {current_scope()->make_child("dense"), current_scope()->make_child("dense")}) {
    const ScopeEntry entry(layer);
    const NameScope scope("a/b");
    EXPECT_EQ(scope.scope()->path_below(*layer), "a/b");
  }
}

TEST_F(NameScopes, GivePathsThatFollowARename) {
  const NameScope model("model");
  const ScopePtr layer = current_scope()->make_child("");  // not named yet
  const ScopePtr part = layer->make_child("cell");
  EXPECT_EQ(layer->path(), "model");
  EXPECT_EQ(part->path(), "model/cell");
  layer->rename("lstm");
  EXPECT_EQ(part->path(), "model/lstm/cell");
  layer->rename("rnn");
  EXPECT_EQ(part->path(), "model/rnn/cell");
  EXPECT_EQ(layer->name(), "rnn");
}

TEST_F(NameScopes, GivePathsBelowAnOwner) {
  const NameScope model("model");
  const ScopePtr a = model.scope()->make_child("a");
  const ScopePtr b = a->make_child("b");
  EXPECT_EQ(b->path_below(*model.scope()), "a/b");
  EXPECT_EQ(b->path_below(*a), "b");
  EXPECT_EQ(b->path_below(*b), "");
  EXPECT_EQ(a->path_below(*b), std::nullopt);
  EXPECT_EQ(b->path_below(*Scope::make_root()), std::nullopt);
  EXPECT_EQ(b->parent(), a);
}

TEST_F(NameScopes, NeverGiveOneAutomaticNameTwice) {
  struct Case {
    std::vector<const char*> bases;
    std::vector<std::string> names;
  };
  const Case cases[] = {{{"dense_1", "dense", "dense"}, {"dense_1", "dense", "dense_2"}},
                        {{"dense", "dense", "dense_1"}, {"dense", "dense_1", "dense_1_1"}},
                        {{"a_01", "a", "a"}, {"a_01", "a", "a_1"}},
                        {{"a", "a", "a_01"}, {"a", "a_1", "a_01"}},
                        {{"a_", "a", "a_x"}, {"a_", "a", "a_x"}}};
  for (const Case& c : cases) {
    const ScopePtr scope = Scope::make_root();
    std::vector<std::string> names;
    for (const char* base : c.bases) {
      const std::string next = scope->peek_auto_name(base);
      names.push_back(scope->auto_name(base));
      EXPECT_EQ(names.back(), next);
    }
    EXPECT_EQ(names, c.names);
  }
}

TEST_F(NameScopes, PeekAsFarAheadAsAsked) {
  const ScopePtr scope = Scope::make_root();
  (void)scope->auto_name("dense_1");
  EXPECT_EQ(scope->peek_auto_name("dense", 0), "dense");
  EXPECT_EQ(scope->peek_auto_name("dense", 1), "dense_2");
  EXPECT_EQ(scope->auto_name("dense"), "dense");
}

// --- threads

TEST_F(NameScopes, BelongToOneThread) {
  const NameScope here("m");
  (void)automatic("dense");
  std::string path = "?", name;
  std::thread([&] {
    path = current_scope_path();
    const NameScope root = NameScope::root();
    name = automatic("dense");
  }).join();
  EXPECT_EQ(path, "");
  EXPECT_EQ(name, "dense");
}

TEST_F(NameScopes, OfTwoThreadsAtOnceGiveEachItsRightNames) {
  constexpr int kRounds = 500;
  std::atomic<int> wrong = 0;
  const auto build = [&wrong](const std::string& model) {
    for (int round = 0; round < kRounds; ++round) {
      const NameScope scope(model);
      for (int i = 0; i < 3; ++i) {
        const std::string expected = i == 0 ? "dense" : "dense_" + std::to_string(i);
        const ScopePtr layer = current_scope()->make_child(automatic("dense"));
        const ScopeEntry entry(layer);
        if (current_scope_path() != model + "/" + expected) ++wrong;
      }
    }
  };
  std::thread first(build, "model_0"), second(build, "model_1");
  first.join();
  second.join();
  EXPECT_EQ(wrong, 0);
}

TEST_F(NameScopes, MayBeSharedByThreadsAndThenNumberEachNameOnce) {
  constexpr int kNames = 1000;
  const NameScope scope("shared", {.policy = NamePolicy::kUniquify});
  std::vector<std::string> given[2];
  const auto work = [&](int which) {
    const ScopeEntry entry(scope.scope());
    for (int i = 0; i < kNames; ++i) {
      given[which].push_back(automatic("dense"));
      naming::report_rename({"a", "b", {}, current_scope_path()});
      if (which == 0 && i % 100 == 0) scope.scope()->rename("shared_" + std::to_string(i));
    }
  };
  std::thread first(work, 0), second(work, 1);
  first.join();
  second.join();
  std::vector<std::string> all = given[0];
  all.insert(all.end(), given[1].begin(), given[1].end());
  std::sort(all.begin(), all.end());
  EXPECT_EQ(std::unique(all.begin(), all.end()), all.end());
  EXPECT_EQ(all.size(), 2u * kNames);
  EXPECT_EQ(scope.renames().size(), 2u * kNames);
}

// --- the strict policy

TEST_F(NameScopes, UnderStrictReproduceTheTextbookErrorWithBothPlaces) {
  naming::claim_in_graph("dense/kernel", Site{"src/loop.cpp", 14}, "Dense({.units = 128})");
  naming::claim_in_graph("dense/bias", Site{"src/loop.cpp", 14}, "Dense({.units = 128})");
  try {
    const NameScope scope("m");
    naming::claim_in_graph("dense/kernel", Site{"src/loop.cpp", 30}, "Dense({.units = 10})");
    ADD_FAILURE() << "was taken";
  } catch (const NameCollision& error) {
    ASSERT_EQ(error.places().size(), 2u);
    EXPECT_EQ(error.places()[0].detail, "Dense({.units = 128})");
    EXPECT_EQ(error.places()[1].scope, "m");
    EXPECT_THAT(error.what(), HasSubstr("name already exists: \"dense/kernel\" was made before."));
    EXPECT_THAT(error.what(), HasSubstr("src/loop.cpp:14"));
    EXPECT_THAT(error.what(), HasSubstr("src/loop.cpp:30"));
    EXPECT_THAT(error.fix(), HasSubstr("reset_names()"));
  }
  reset_names();
  EXPECT_NO_THROW(naming::claim_in_graph("dense/kernel"));
}

TEST_F(NameScopes, OfAnotherThreadAreAnotherGraphUnderStrict) {
  naming::claim_in_graph("dense/kernel");
  bool taken = false;
  std::thread([&] {
    naming::claim_in_graph("dense/kernel");
    taken = true;
  }).join();
  EXPECT_TRUE(taken);
}

}  // namespace
}  // namespace namesake
