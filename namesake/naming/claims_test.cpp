#include "namesake/naming/claims.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

#include "namesake/base/error.h"

namespace namesake::naming {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

const int kObjects[8] = {};  // their addresses stand for layers

Claim layer(std::string path, const void* object = nullptr, Site site = {}) {
  return {.path = std::move(path), .kind = NameKind::kLayer, .site = site, .object = object};
}

Claim weight(std::string path) { return {.path = std::move(path), .kind = NameKind::kWeight}; }

std::vector<std::string> paths_of(const ClaimTable& table) {
  std::vector<std::string> paths;
  for (const Claim& claim : table.claims()) paths.push_back(claim.path);
  return paths;
}

TEST(ClaimTable, RefusesTheSecondLayerOfANameWithBothPlacesAndTheMend) {
  ClaimTable table("model \"classifier\"");
  table.claim({.path = "dense_1",
               .site = {"examples/loop.cpp", 14},
               .detail = "Dense({.units = 128, .name = \"dense_1\"})",
               .scope = "model_0",
               .base = "dense"});
  try {
    table.claim({.path = "dense_1",
                 .site = {"examples/loop.cpp", 15},
                 .detail = "Dense({.units = 10, .name = \"dense_1\"})",
                 .scope = "model_0",
                 .base = "dense"});
    ADD_FAILURE() << "was taken";
  } catch (const NameCollision& error) {
    EXPECT_STREQ(
        error.what(),
        "name-collision: two layers of model \"classifier\" are called \"dense_1\".\n"
        "  first     examples/loop.cpp:14   Dense({.units = 128, .name = \"dense_1\"})   scope model_0\n"
        "  again     examples/loop.cpp:15   Dense({.units = 10, .name = \"dense_1\"})    scope model_0\n"
        "  fix       leave .name out (it would be called \"dense\"), or give each its own name, or open a NameScope "
        "around one of them");
    EXPECT_EQ(error.subject(), "dense_1");
    ASSERT_EQ(error.places().size(), 2u);
    EXPECT_EQ(error.places()[0].label, "first");
    EXPECT_EQ(error.places()[0].site.line, 14u);
    EXPECT_EQ(error.places()[1].label, "again");
    EXPECT_EQ(error.places()[1].site.line, 15u);
    EXPECT_EQ(error.places()[1].scope, "model_0");
  }
  EXPECT_EQ(table.size(), 1u);
}

// What each pair of claims gives; "" for no collision.
TEST(ClaimTable, KnowsEachKindOfCollision) {
  struct Case {
    Claim first;
    Claim again;
    const char* what;
    const char* fix;
  };
  const Claim attribute{.path = "a", .kind = NameKind::kAttribute}, metric{.path = "a", .kind = NameKind::kMetric};
  const Claim based{.path = "dense", .base = "dense"};
  const Case cases[] = {
      {layer("a"), layer("b"), "", ""},
      {layer("a"), layer("a/b"), "", ""},
      {layer("a/b"), layer("a"), "", ""},
      {weight("a/kernel"), layer("a"), "", ""},
      {layer("a/d"), layer("b/d"), "", ""},
      {layer("a"), weight("a/kernel"), "", ""},
      {layer("a"), layer("A"), "", ""},
      {layer("a"), layer("a"), "two layers of model \"m\" are called \"a\".",
       "give each its own name (\"a_1\" is free), or open a NameScope"},
      {layer("s/a"), layer("s/a"), "two layers of model \"m\" are called \"s/a\".", "(\"a_1\" is free)"},
      {based, based, "two layers of model \"m\" are called \"dense\".",
       "leave .name out (it would be called \"dense_1\")"},
      {weight("a"), weight("a"), "two weights of model \"m\" are called \"a\".",
       "give each its own name (\"a_1\" is free)"},
      {attribute, attribute, "two attributes of model \"m\" are called \"a\".",
       "give each its own name (\"a_1\" is free)"},
      {metric, metric, "two metrics of model \"m\" are called \"a\".", "give each its own name (\"a_1\" is free)"},
      {weight("a"), layer("a"), "a weight and a layer of model \"m\" are both called \"a\".", "(\"a_1\" is free)"},
      {layer("a"), attribute, "a layer and an attribute of model \"m\" are both called \"a\".", "(\"a_1\" is free)"},
      {weight("a"), layer("a/d"), "the weight \"a\" of model \"m\" would have the layer \"a/d\" below it",
       "call the weight \"a\" something else, or open another NameScope than \"a\" around the layer"},
      {layer("a/d"), weight("a"), "the weight \"a\" of model \"m\" would have the layer \"a/d\" below it",
       "call the weight something else (\"a_1\" is free)"},
      {weight("a/b"), weight("a/b/c/d"), "the weight \"a/b\" of model \"m\" would have the weight \"a/b/c/d\" below it",
       "something else"},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(c.first.path + " and " + c.again.path);
    ClaimTable table("model \"m\"");
    table.claim(c.first);
    try {
      EXPECT_EQ(table.claim(c.again), c.again.path);
      EXPECT_STREQ(c.what, "") << "was taken";
    } catch (const NameCollision& error) {
      ASSERT_STRNE(c.what, "") << error.what();
      EXPECT_THAT(error.what(), HasSubstr(c.what));
      EXPECT_THAT(error.fix(), HasSubstr(c.fix));
      EXPECT_EQ(error.places().size(), 2u);
      EXPECT_EQ(table.size(), 1u);
    }
  }
}

TEST(ClaimTable, FindsAWeightWhoseGroupOnlyADistantPathNeeds) {
  ClaimTable table;
  table.claim(layer("a.b"));  // sorts between "a" and "a/..."
  table.claim(layer("a-b"));
  table.claim(layer("a/x/y/z"));
  EXPECT_THROW(table.claim(weight("a")), NameCollision);
  EXPECT_THROW(table.claim(weight("a/x")), NameCollision);
  EXPECT_EQ(table.claim(weight("a/x/y/w")), "a/x/y/w");
}

TEST(ClaimTable, TakesTheSameObjectTwiceAsSharing) {
  ClaimTable table;
  EXPECT_EQ(table.claim(layer("a", &kObjects[0])), "a");
  EXPECT_EQ(table.claim(layer("a", &kObjects[0])), "a");
  EXPECT_EQ(table.claim_automatic("dense", layer("", &kObjects[0])), "a");
  EXPECT_EQ(table.size(), 1u);
  EXPECT_THROW(table.claim(layer("a", &kObjects[1])), NameCollision);
}

TEST(ClaimTable,
     GivesAutomaticNamesThatMeetNoExplicitOne) {  // Keras 3 fails on Dense(name="dense_1"), Dense(), Dense()
  for (const ScopePtr& counter : {ScopePtr(), Scope::make_root()}) {
    ClaimTable table;
    table.claim(layer("dense_1"));
    const Claim claim{.counter = counter};
    EXPECT_EQ(table.claim_automatic("dense", claim), "dense");
    EXPECT_EQ(table.claim_automatic("dense", claim), "dense_2");
    EXPECT_EQ(table.claim_automatic("dense_1", claim), "dense_1_1");
    EXPECT_TRUE(table.find("dense")->automatic);
    EXPECT_FALSE(table.find("dense_1")->automatic);
  }
}

TEST(ClaimTable, CountsOnWhereTheScopeLeftOff) {
  const ScopePtr root = Scope::make_root();
  ClaimTable first, second;
  first.claim_automatic("dense", {.counter = root});
  EXPECT_EQ(second.peek_automatic("dense", "", root.get()), "dense_1");
  EXPECT_EQ(second.claim_automatic("dense", {.counter = root}), "dense_1");
}

TEST(ClaimTable, PutsAutomaticNamesBelowTheScopeOfTheClaim) {
  ClaimTable table;
  EXPECT_EQ(table.claim_automatic("dense", layer("encoder")), "encoder/dense");
  EXPECT_EQ(table.claim_automatic("dense", layer("encoder")), "encoder/dense_1");
  EXPECT_EQ(table.claim_automatic("dense", layer("")), "dense");
  table.claim(weight("w"));
  EXPECT_THROW(table.claim_automatic("dense", layer("w")), NameCollision);  // no number helps
}

TEST(ClaimTable, SaysOfAnAutomaticNameThatItIsOne) {
  ClaimTable table;
  Claim settled = layer("dense");
  settled.automatic = true;
  settled.detail = "Dense({.units = 3})";
  table.claim(settled);
  try {
    table.claim(layer("dense"));
    ADD_FAILURE() << "was taken";
  } catch (const NameCollision& error) {
    EXPECT_EQ(error.places()[0].detail, "Dense({.units = 3}), named automatically");
  }
}

TEST(ClaimTable, NamesTenThousandThingsAlikeWithoutTryingEachNumberAgain) {
  ClaimTable table;
  for (int i = 0; i < 10000; ++i) table.claim_automatic("dense", layer(""));
  for (int i = 0; i < 10000; ++i) table.claim(layer("probs"), NamePolicy::kUniquify);
  EXPECT_NE(table.find("dense_9999"), nullptr);
  EXPECT_NE(table.find("probs_9999"), nullptr);
}

TEST(ClaimTable, GivesASuffixUnderUniquifyAndReportsIt) {
  ClaimTable table;
  const NameScope scope("m", {.policy = NamePolicy::kUniquify});
  EXPECT_EQ(table.claim(layer("a")), "a");
  EXPECT_EQ(table.claim(layer("a_1")), "a_1");
  EXPECT_EQ(table.claim({.path = "a", .site = {"f.cpp", 8}, .scope = "m"}), "a_2");
  EXPECT_EQ(table.claim(layer("s/a")), "s/a");
  EXPECT_EQ(table.claim(layer("s/a")), "s/a_1");
  EXPECT_EQ(table.claim(weight("s")), "s_1");  // s is a group
  ASSERT_EQ(table.renames().size(), 3u);
  EXPECT_EQ(table.renames()[0].asked, "a");
  EXPECT_EQ(table.renames()[0].given, "a_2");
  EXPECT_EQ(table.renames()[0].site.line, 8u);
  EXPECT_EQ(table.renames()[0].scope, "m");
  EXPECT_EQ(scope.renames().size(), 3u);
  reset_names();
}

TEST(ClaimTable, ThrowsUnderUniquifyWhereNoSuffixHelps) {
  ClaimTable table;
  table.claim(weight("a"));
  EXPECT_THROW(table.claim(layer("a/d"), NamePolicy::kUniquify), NameCollision);
}

TEST(ClaimTable, ThrowsUnderStrictAsByDefault) {
  ClaimTable table;
  table.claim(layer("a"));
  EXPECT_THROW(table.claim(layer("a"), NamePolicy::kStrict), NameCollision);
}

TEST(ClaimTable, TakesForeignNamesThatAreReadableAndNoOthers) {
  ClaimTable table;
  EXPECT_EQ(table.claim(layer("conv1/conv")), "conv1/conv");
  EXPECT_EQ(table.claim(layer("_a b")), "_a b");
  for (const char* name : {"", "a//b", "../a"}) EXPECT_THROW(table.claim(layer(name)), InvalidName) << name;
}

TEST(ClaimTable, RenamesAndShowsWhereTheNameCameFrom) {
  ClaimTable table("model \"m\"");
  Claim first = layer("s/a", &kObjects[0], {"f.cpp", 1});
  first.detail = "Dense({.units = 3})";
  table.claim(first);
  table.claim(layer("b", &kObjects[1]));
  EXPECT_EQ(table.rename(&kObjects[0], "probs", {"f.cpp", 20}), "s/probs");
  EXPECT_FALSE(table.known("s/a"));
  EXPECT_EQ(table.find_object(&kObjects[0])->path, "s/probs");
  EXPECT_THAT(paths_of(table), ElementsAre("s/probs", "b"));  // the order stays
  try {
    table.claim(layer("s/probs", &kObjects[2]));
    ADD_FAILURE() << "was taken";
  } catch (const NameCollision& error) {
    EXPECT_EQ(error.places()[0].site.line, 20u);
    EXPECT_EQ(error.places()[0].detail, "Dense({.units = 3}).set_name(\"probs\")");
  }
}

TEST(ClaimTable, GivesTheNumberOfARenamedThingAgain) {
  ClaimTable table;
  for (int i = 0; i < 3; ++i) table.claim_automatic("dense", layer("", &kObjects[i]));
  table.rename(&kObjects[1], "probs");
  EXPECT_FALSE(table.find("probs")->automatic);
  EXPECT_EQ(table.claim_automatic("dense", layer("", &kObjects[3])), "dense_1");
}

TEST(ClaimTable, RefusesToRenameOntoATakenNameAndChangesNothing) {
  ClaimTable table("model \"m\"");
  table.claim(layer("a", &kObjects[0], {"f.cpp", 1}));
  table.claim(layer("b", &kObjects[1], {"f.cpp", 2}));
  try {
    table.rename(&kObjects[1], "a", {"f.cpp", 9});
    ADD_FAILURE() << "was renamed";
  } catch (const NameCollision& error) {
    EXPECT_THAT(error.what(), HasSubstr("two layers of model \"m\" are called \"a\"."));
    EXPECT_EQ(error.places()[0].site.line, 1u);
    EXPECT_EQ(error.places()[1].site.line, 9u);
    EXPECT_EQ(error.places()[1].detail, "set_name(\"a\")");
    EXPECT_THAT(error.fix(), HasSubstr("\"a_1\" is free"));
  }
  EXPECT_THROW(table.rename(&kObjects[1], "a/b"), InvalidName);
  EXPECT_THROW(table.rename(&kObjects[5], "c"), InvalidArgument);
  EXPECT_THAT(paths_of(table), ElementsAre("a", "b"));
  EXPECT_EQ(table.find_object(&kObjects[1])->site.line, 2u);
  EXPECT_EQ(table.rename(&kObjects[1], "b"), "b");
  EXPECT_EQ(table.rename(&kObjects[1], "a", {}, NamePolicy::kUniquify), "a_1");
  EXPECT_EQ(table.renames().size(), 1u);
}

TEST(ClaimTable, FreesAReleasedName) {
  ClaimTable table;
  table.claim(layer("a", &kObjects[0]));
  EXPECT_TRUE(table.release(&kObjects[0]));
  EXPECT_FALSE(table.release(&kObjects[0]));
  EXPECT_EQ(table.find_object(&kObjects[0]), nullptr);
  EXPECT_EQ(table.claim(layer("a", &kObjects[1])), "a");
}

TEST(ClaimTable, GivesAReleasedNumberAgain) {
  ClaimTable table;
  for (int i = 0; i < 3; ++i) table.claim_automatic("dense", layer("", &kObjects[i]));
  table.release(&kObjects[1]);
  EXPECT_EQ(table.peek_automatic("dense"), "dense_1");
  EXPECT_EQ(table.claim_automatic("dense", layer("", &kObjects[3])), "dense_1");
}

TEST(ClaimTable, MergesUnderAScopeOfItsOwn) {
  ClaimTable a("model \"a\""), b("model \"b\"");
  a.claim(layer("dense"));
  b.claim(layer("dense"));
  b.claim(layer("out"));
  EXPECT_TRUE(a.collisions_with(b, "b").empty());
  a.merge(b, "b");
  EXPECT_THAT(paths_of(a), ElementsAre("dense", "b/dense", "b/out"));
}

TEST(ClaimTable, ReportsEveryCollisionOfAMergeBeforeAnythingIsChanged) {
  ClaimTable a("model \"a\""), b("model \"b\"");
  a.claim(layer("dense", nullptr, {"f.cpp", 1}));
  a.claim(weight("w"));
  b.claim(layer("free"));
  b.claim(layer("dense", nullptr, {"f.cpp", 11}));
  b.claim(layer("w/d"));
  EXPECT_EQ(a.collisions_with(b).size(), 2u);
  try {
    a.merge(b);
    ADD_FAILURE() << "was merged";
  } catch (const NameCollision& error) {
    EXPECT_THAT(error.what(),
                HasSubstr("model \"a\" cannot take in model \"b\": 2 names are in both: \"dense\", \"w/d\"."));
    ASSERT_EQ(error.places().size(), 4u);
    EXPECT_EQ(error.places()[0].site.line, 1u);
    EXPECT_EQ(error.places()[1].site.line, 11u);
    EXPECT_THAT(error.fix(), HasSubstr("under a scope of its own"));
  }
  EXPECT_THROW(a.merge(b, "", NamePolicy::kUniquify), NameCollision);  // w/d stands below a weight
  EXPECT_THAT(paths_of(a), ElementsAre("dense", "w"));
}

TEST(ClaimTable, MergesWithSuffixesThatMeetNoNameOfEither) {
  ClaimTable a, b;
  a.claim(layer("d", &kObjects[0]));
  b.claim(layer("d", &kObjects[1]));
  b.claim(layer("d_1", &kObjects[2]));
  b.claim(layer("shared", &kObjects[0]));
  a.merge(b, "", NamePolicy::kUniquify);
  EXPECT_EQ(a.find_object(&kObjects[0])->path, "d");
  EXPECT_EQ(a.find_object(&kObjects[1])->path, "d_2");
  EXPECT_EQ(a.find_object(&kObjects[2])->path, "d_1");
  EXPECT_EQ(a.size(), 3u);
}

TEST(ClaimTable, AllowsNamesThatDifferInCaseAndFindsThem) {
  ClaimTable table;
  for (const char* name : {"Dense", "dense", "a/X", "a/x", "A/x", "b"}) table.claim(layer(name));
  EXPECT_THAT(table.case_twins(), ElementsAre(ElementsAre("A/x", "a/X", "a/x"), ElementsAre("Dense", "dense")));
}

// The promise itself, under random calls: no path is held twice, and no path lies below a weight.
TEST(ClaimTable, NeverHoldsTwoThingsAtOnePath) {
  std::mt19937 random(5);
  const std::string parts[] = {"a", "b", "a_1", "A"};
  for (int round = 0; round < 300; ++round) {
    ClaimTable table;
    std::vector<char> objects(64);
    for (const char& object : objects) {
      std::string path = parts[random() % 4];
      for (auto n = random() % 3; n > 0; --n) path += "/" + parts[random() % 4];
      const NamePolicy policy = random() % 2 ? NamePolicy::kError : NamePolicy::kUniquify;
      try {
        Claim claim = random() % 2 ? layer(path) : weight(path);
        claim.object = &object;
        switch (random() % 4) {
          case 0:
            table.claim_automatic(parts[random() % 4], claim);
            break;
          case 1:
            table.rename(&objects[random() % 64], parts[random() % 4], {}, policy);
            break;
          case 2:
            table.release(&objects[random() % 64]);
            break;
          default:
            table.claim(claim, policy);
        }
      } catch (const Error&) {  // refused, which is the point
      }
    }
    const std::vector<Claim> claims = table.claims();
    for (const Claim& a : claims) {
      EXPECT_EQ(table.find_object(a.object)->path, a.path);
      for (const Claim& b : claims) {
        if (&a == &b) continue;
        ASSERT_NE(a.path, b.path);
        ASSERT_FALSE(a.kind == NameKind::kWeight && b.path.starts_with(a.path + "/")) << a.path << " " << b.path;
      }
    }
  }
}

}  // namespace
}  // namespace namesake::naming
