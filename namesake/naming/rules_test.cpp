#include "namesake/naming/rules.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>
#include <set>

#include "namesake/base/error.h"

namespace namesake::naming {
namespace {

using testing::HasSubstr;

constexpr NameKind kKinds[] = {NameKind::kLayer,     NameKind::kModel,  NameKind::kWeight, NameKind::kScope,
                               NameKind::kAttribute, NameKind::kMetric, NameKind::kLoss,   NameKind::kOptimizer,
                               NameKind::kInput,     NameKind::kOutput, NameKind::kOp};

TEST(Rules, TakeTheNamesOfTheGrammar) {
  for (const std::string name :
       {"a", "dense_1", "Conv2D", "2d", ".hidden", "a.b", "a-b", "model_0", "...", "a..b", "x_"}) {
    for (const NameKind kind :
         {NameKind::kLayer, NameKind::kModel, NameKind::kWeight, NameKind::kScope, NameKind::kOp}) {
      EXPECT_TRUE(is_legal(name, kind)) << name << " as " << to_string(kind);
      EXPECT_NO_THROW(check_name(name, kind)) << name;
    }
  }
  EXPECT_TRUE(is_legal(std::string(kMaxNameLength, 'a')));
}

TEST(Rules, RefuseWhatSomeFormatCannotHoldAndSayWhy) {
  struct Case {
    std::string name;
    const char* why;
    const char* suggestion;
  };
  const Case cases[] = {
      {"", "is empty", "layer"},
      {".", "HDF5 group", "layer"},
      {"..", "HDF5 group", "layer"},
      {"conv1/conv", "'/' at position 6: it joins names into a path", "conv1_conv"},
      {"a>d", "'>' at position 2: in Keras files it joins a scope", "a_d"},
      {"dense:0", "':' at position 6: TensorFlow reads what follows it as the number of an output", "dense_0"},
      {"a b", "refuse a name with a space", "a_b"},
      {"hey:)/", "':' at position 4", "hey"},
      {"\xc3\xbc b", "not ASCII at position 1", "b"},
      {"\xe6\x97\xa5", "not ASCII", "layer"},
      {std::string("a\0b", 3), "the character \\x00 at position 2", "a_b"},
      {"a\nb", "the character \\x0a", "a_b"},
      {"_a", "starts with '_'", "a"},
      {"-a", "starts with '-'", "a"},
      {"top_level_model_weights", "is reserved: a legacy .h5 file", "top_level_model_weights_1"},
      {std::string(kMaxNameLength + 1, 'a'), "has 256 bytes", "aaa"},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(c.name);
    EXPECT_FALSE(is_legal(c.name));
    try {
      check_name(c.name, NameKind::kLayer, Site{"src/net.cpp", 7});
      ADD_FAILURE() << "was taken";
    } catch (const InvalidName& error) {
      EXPECT_EQ(error.code(), "invalid-name");
      EXPECT_EQ(error.subject(), c.name);
      EXPECT_THAT(error.what(), HasSubstr(c.why));
      EXPECT_THAT(error.what(), HasSubstr("src/net.cpp:7"));
      EXPECT_THAT(error.fix(), HasSubstr("call it \"" + std::string(c.suggestion)));
      EXPECT_EQ(error.fix().ends_with("(files that have such a name are read all the same)"), readable(c.name));
    }
  }
}

TEST(Rules, AdviseAScopeWhereALayerNameHasASlash) {
  try {
    check_name("conv1/conv", NameKind::kLayer);
    ADD_FAILURE() << "was taken";
  } catch (const InvalidName& error) {
    EXPECT_THAT(error.fix(),
                HasSubstr("call it \"conv1_conv\", or open NameScope scope(\"conv1\") around a layer called \"conv\""));
  }
}

TEST(Rules, AdviseTheRootWhereAScopeNameIsEmpty) {
  try {
    check_name("", NameKind::kScope);
    ADD_FAILURE() << "was taken";
  } catch (const InvalidName& error) {
    EXPECT_THAT(error.fix(), HasSubstr("NameScope::root()"));
  }
}

TEST(Rules, RefuseReservedWordsOfTheKindAndOfNoOther) {
  struct Case {
    NameKind kind;
    const char* name;
  };
  const Case cases[] = {{NameKind::kLayer, "top_level_model_weights"},
                        {NameKind::kModel, "top_level_model_weights"},
                        {NameKind::kScope, "top_level_model_weights"},
                        {NameKind::kAttribute, "vars"},
                        {NameKind::kAttribute, "layers"},
                        {NameKind::kAttribute, "optimizer"},
                        {NameKind::kAttribute, "variables"},
                        {NameKind::kAttribute, "trainable_variables"},
                        {NameKind::kAttribute, "signatures"},
                        {NameKind::kAttribute, "keras_api"},
                        {NameKind::kAttribute, "class"},
                        {NameKind::kAttribute, "__dict__"},
                        {NameKind::kMetric, "loss"},
                        {NameKind::kMetric, "val_loss"},
                        {NameKind::kMetric, "epoch"},
                        {NameKind::kMetric, "learning_rate"}};
  for (const Case& c : cases) {
    EXPECT_FALSE(is_legal(c.name, c.kind)) << c.name;
    EXPECT_THROW(check_name(c.name, c.kind), InvalidName) << c.name;
    EXPECT_TRUE(is_legal(suggest_name(c.name, c.kind), c.kind)) << c.name;
  }
  EXPECT_TRUE(is_legal("vars", NameKind::kLayer));
  EXPECT_TRUE(is_legal("top_level_model_weights", NameKind::kWeight));
  EXPECT_TRUE(is_legal("loss", NameKind::kLayer));
}

TEST(Rules, TakeAPythonIdentifierAsAttribute) {
  for (const char* name : {"inner", "_cell", "q2", "Block"}) EXPECT_TRUE(is_legal(name, NameKind::kAttribute)) << name;
  for (const char* name : {"2q", "a-b", "a.b", "__x", "lambda", ""})
    EXPECT_FALSE(is_legal(name, NameKind::kAttribute)) << name;
  EXPECT_EQ(suggest_name("2q", NameKind::kAttribute), "_2q");
  EXPECT_EQ(suggest_name("a-b", NameKind::kAttribute), "a_b");
  EXPECT_EQ(suggest_name("class", NameKind::kAttribute), "class_1");
}

TEST(Rules, SuggestALegalNameForAnyBytes) {
  std::mt19937 random(1);
  const std::string alphabet = "aB3_-./ :>\xc3\xbc\n%val_";
  for (int round = 0; round < 20000; ++round) {
    std::string name;
    for (auto n = random() % (round % 50 == 0 ? 400 : 8); n > 0; --n) {
      name += round % 2 ? alphabet[random() % alphabet.size()] : static_cast<char>(random() % 256);
    }
    for (const NameKind kind : kKinds) {
      const std::string legal = suggest_name(name, kind);
      ASSERT_TRUE(is_legal(legal, kind)) << testing::PrintToString(name) << " as " << to_string(kind) << " gave "
                                         << legal;
      ASSERT_EQ(suggest_name(legal, kind), legal);
    }
  }
}

TEST(Rules, NumberANameWithinTheLimit) {
  EXPECT_EQ(numbered("dense", 12), "dense_12");
  EXPECT_EQ(numbered(std::string(kMaxNameLength, 'a'), 7), std::string(kMaxNameLength - 2, 'a') + "_7");
  EXPECT_TRUE(is_legal(numbered(std::string(kMaxNameLength, 'a'), 123456)));
}

TEST(Rules, ReadersTakeMoreThanMakers) {
  for (const char* name : {"conv1/conv", "a>d", "_a", "-a", "a b", "dense:0", "\xc3\xbc b", "\xe6\x97\xa5",
                           "\xf0\x9f\x90\x8d", "top_level_model_weights", "vars", "model_4/new a"}) {
    EXPECT_TRUE(readable(name)) << name;
  }
  EXPECT_TRUE(readable(std::string(kMaxReadableLength, 'a')));
}

TEST(Rules, ReadersTakeNoNameThatCouldLeaveItsPlace) {
  for (const std::string& name :
       {std::string(), std::string("."), std::string(".."), std::string("../a"), std::string("a/../b"),
        std::string("a//b"), std::string("/a"), std::string("a/"), std::string("a\nb"), std::string("a\0b", 3),
        std::string("\x7f"), std::string(kMaxReadableLength + 1, 'a')}) {
    EXPECT_FALSE(readable(name)) << testing::PrintToString(name);
  }
}

TEST(Rules, ReadersTakeNoBrokenUtf8) {
  for (const char* name :
       {"\xff", "\xc3", "\xc0\x80", "\xe0\x80\x80", "\xed\xa0\x80", "\xf0\x80\x80\x80", "\xf4\x90\x80\x80", "\x80"}) {
    EXPECT_FALSE(readable(name)) << testing::PrintToString(name);
  }
}

TEST(Rules, HaveAWordForEachKind) {
  std::set<std::string_view> words;
  for (const NameKind kind : kKinds) words.insert(to_string(kind));
  EXPECT_EQ(words.size(), std::size(kKinds));
  EXPECT_EQ(plural(NameKind::kLayer), "layers");
  EXPECT_EQ(plural(NameKind::kLoss), "losses");
}

}  // namespace
}  // namespace namesake::naming
