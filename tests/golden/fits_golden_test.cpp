// fit, evaluate and predict give Keras's numbers under Keras's names, in its order (tools/golden/fits.py).
#include <gtest/gtest.h>

#include "namesake/formats/npz.h"
#include "namesake/nn/model.h"
#include "namesake/saving/load_model.h"
#include "tests/support/golden.h"

namespace namesake {
namespace {

const std::string kFolder = NAMESAKE_SOURCE_DIR "/tests/golden/fits/";

/// Arrays by name, in the form that Keras was given them.
Feed feed_of(const formats::NpzFile& data, const JsonValue& wanted) {
  if (wanted.is_string()) return data.read(wanted.as_string());
  if (wanted.is_object()) {
    std::vector<std::string> names;
    Tensors tensors;
    for (const JsonMember& member : wanted.members()) {
      names.push_back(member.key);
      tensors.push_back(data.read(member.value.as_string()));
    }
    return Feed::named(names, tensors);
  }
  Tensors tensors;
  for (const JsonValue& name : wanted.items()) tensors.push_back(data.read(name.as_string()));
  return tensors;
}

FitOptions options_of(const formats::NpzFile& data, const JsonValue& given) {
  FitOptions options{.verbose = Verbose::kSilent, .shuffle = false};
  for (const auto& [key, value] : given.members()) {
    if (key == "epochs") options.epochs = value.as_int();
    else if (key == "batch_size") options.batch_size = value.as_int();
    else if (key == "initial_epoch") options.initial_epoch = value.as_int();
    else if (key == "steps_per_epoch") options.steps_per_epoch = value.as_int();
    else if (key == "validation_split") options.validation_split = value.as_double();
    else if (key == "validation_batch_size") options.validation_batch_size = value.as_int();
    else if (key == "validation_freq") options.validation_freq = value.is_int() ? ValidationFreq(value.as_int()) : ValidationFreq{value.items()[0].as_int(), value.items()[1].as_int()};
    else if (key == "sample_weight") options.sample_weight = feed_of(data, value);
    else if (key == "validation_data") options.validation_data = TrainingData(data.read(value.items()[0].as_string()), data.read(value.items()[1].as_string()), data.read(value.items()[2].as_string()));
    else if (key == "class_weight") for (const JsonMember& weight : value.members()) options.class_weight[std::stoll(weight.key)] = weight.value.as_double();
    else ADD_FAILURE() << "no such option: " << key;
  }
  return options;
}

/// Three rows of each.
Feed first_rows(const Feed& feed) {
  Tensors tensors;
  for (const Tensor& tensor : feed.tensors()) tensors.push_back(tensor.rows(0, 3));
  return feed.names().empty() ? Feed(tensors) : Feed::named(feed.names(), tensors);
}

TEST(FitsGolden, GiveKerasNumbersUnderKerasNames) {
  const JsonValue golden = testing::read_golden_json(kFolder + "cases.json");
  const formats::NpzFile data(kFolder + "data.npz");
  for (const JsonValue& row : golden.find("cases")->items()) {
    const std::string name = row.find("case")->as_string();
    SCOPED_TRACE(name);
    const Model model = load_model(kFolder + name + ".keras");
    const Feed x = feed_of(data, *row.find("x")), y = feed_of(data, *row.find("y"));
    const History history = model.fit(x, y, options_of(data, *row.find("options")));

    std::vector<std::string> names, wanted;
    for (const Logs& logs : history.epochs) {
      for (const auto& [key, value] : logs) {
        if (std::find(names.begin(), names.end(), key) == names.end()) names.push_back(key);
      }
    }
    for (const JsonValue& pair : row.find("history")->items()) {
      const std::string& key = pair.items()[0].as_string();
      wanted.push_back(key);
      const std::vector<double> ours = history[key];
      const JsonArray& theirs = pair.items()[1].items();
      ASSERT_EQ(ours.size(), theirs.size()) << key;
      for (std::size_t i = 0; i < ours.size(); ++i) EXPECT_NEAR(ours[i], theirs[i].as_double(), 1e-5 * std::max(1.0, std::abs(ours[i]))) << key << " of epoch " << i;
    }
    std::sort(names.begin(), names.end());
    std::sort(wanted.begin(), wanted.end());
    EXPECT_EQ(names, wanted);

    const Logs evaluated = model.evaluate(x, y, {.batch_size = 9, .verbose = Verbose::kSilent});
    ASSERT_EQ(evaluated.size(), row.find("evaluate")->members().size());
    for (std::size_t i = 0; i < evaluated.size(); ++i) {
      EXPECT_EQ(evaluated[i].first, row.find("evaluate")->members()[i].key);  // in Keras's order
      EXPECT_NEAR(evaluated[i].second, row.find("evaluate")->members()[i].value.as_double(), 1e-5);
    }
    const Feed outputs = model.predict_many(first_rows(x), {.verbose = Verbose::kSilent});
    ASSERT_EQ(outputs.size(), row.find("outputs")->items().size());
    for (std::size_t i = 0; i < outputs.size(); ++i) {
      const JsonArray& theirs = row.find("outputs")->items()[i].items();
      for (std::size_t j = 0; j < theirs.size(); ++j) EXPECT_NEAR(outputs[i].data<float>()[j], theirs[j].as_double(), 1e-5);
    }
  }
}

}  // namespace
}  // namespace namesake
