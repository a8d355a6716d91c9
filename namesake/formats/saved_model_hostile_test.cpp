// SavedModels and graphs that somebody cut, flipped or made up: each gives a clear error or sound content, in bounded time and memory.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <functional>

#include "namesake/base/error.h"
#include "namesake/formats/container/varint.h"
#include "namesake/formats/saved_model.h"
#include "tests/support/limits.h"
#include "tests/support/temp_folder.h"

namespace namesake::formats {
namespace {

using ::testing::HasSubstr;
using namesake::testing::Limits;

const std::string kGolden = NAMESAKE_SOURCE_DIR "/tests/golden/saved_models/";

std::span<const std::byte> as_bytes(const std::string& text) { return std::as_bytes(std::span(text)); }

void read_constants(const std::vector<NodeDef>& nodes) {
  for (const NodeDef& node : nodes) {
    for (const Attribute& attribute : node.attributes) {
      const TensorValue* constant = attribute.value.one<TensorValue>();
      if (constant == nullptr || constant->shape.elements().value_or(0) > 1'000'000) continue;  // a short list may stand for many
      try {
        (void)constant->to_tensor();
      } catch (const FormatError&) {
      } catch (const Unsupported&) {
      }
    }
  }
}

/// Parses the bytes as what they are meant to be; true if nothing was wrong. What was read can be written, and read again.
enum class Kind { kModel, kGraph, kMeta, kKeras };
bool reads(Kind kind, const std::string& bytes) {
  try {
    if (kind == Kind::kGraph) {
      const GraphDef graph = parse_graph_def(as_bytes(bytes), "graph.pb");
      read_constants(graph.nodes);
      for (const FunctionDef& function : graph.functions) read_constants(function.nodes);
      const std::string again = to_bytes(graph);
      EXPECT_TRUE(to_bytes(parse_graph_def(as_bytes(again), "again")) == again);
    } else if (kind == Kind::kKeras) {
      (void)keras_metadata_bytes(parse_keras_metadata(as_bytes(bytes), "keras_metadata.pb"));
    } else if (kind == Kind::kMeta) {
      const MetaGraph meta = parse_meta_graph(as_bytes(bytes), "model.meta");
      for (const Collection& collection : meta.collections) {
        for (const std::string& message : collection.bytes) (void)parse_variable_def(message);
      }
    } else {
      const SavedModelFile model = parse_saved_model(as_bytes(bytes), "saved_model.pb");
      const std::string again = saved_model_bytes(model);
      EXPECT_TRUE(saved_model_bytes(parse_saved_model(as_bytes(again), "again")) == again);
    }
    return true;
  } catch (const FormatError& error) {
    EXPECT_NE(error.file(), "");
  } catch (const Unsupported& error) {
    EXPECT_NE(std::string(error.what()), "");
  }
  return false;
}

StructuredValue spec(const std::string& name) { return {StructuredValue::TensorSpec{name, {-1, 2}, DType::kFloat32}}; }

/// A model of a few hundred bytes with something of everything.
SavedModelFile small_model() {
  MetaGraph meta;
  meta.tags = {"serve"};
  meta.tensorflow_version = "2.0";
  GraphDef& graph = meta.graph;
  const float half = 0.5F;
  NodeDef constant{"c", "Const", "", {}, {attribute("value", TensorValue::of(Tensor(half))), attribute("dtype", DType::kFloat32)}};
  NodeDef mixed{"m", "Mixed", "/cpu:0", {"c", "^c"}, {}};
  mixed.attributes = {list_attribute<std::int64_t>("i", {1, -1}), list_attribute<float>("f", {1.5F}), list_attribute<bool>("b", {true}),
                      list_attribute<std::string>("s", {"a"}),    list_attribute<Shape>("h", {{2, 3}}), attribute("g", FunctionReference{"f", {attribute("T", DType::kInt32)}})};
  graph.nodes = {constant, mixed};
  FunctionDef function;
  function.name = "f";
  function.arguments = {{"x", DType::kFloat32, "", "", "", {attribute("_user_specified_name", std::string("x"))}}};
  function.results = {{"y", DType::kInvalid, "T", "", "", {}}};
  function.nodes = {{"n", "NoOp", "", {}, {}}};
  function.returns = {{"y", "x"}};
  function.control_returns = {{"n", "n"}};
  graph.functions = {function};
  graph.gradients = {{"f", "g"}};
  graph.registered_gradients = {{"g", "CustomGradient-1"}};
  graph.producer = 1;
  meta.signatures = {{"serving_default", {{"x", "x:0", DType::kFloat32, {-1, 2}}}, {{"y", "y:0", DType::kFloat32, {-1}}}, "predict"}};
  meta.saver = Saver{"a:0", "b:0", "c", 5, true, 1.5, 2};
  meta.collections = {{"names", {"c"}, {}}, {"variables", {}, {std::string("\n\1w")}}};
  meta.assets = {{"a:0", "words.txt"}};
  SavedModelObjects objects;
  objects.nodes.resize(6);
  objects.nodes[0].kind = UserObject{"_generic_user_object", 1, 1, "{}"};
  objects.nodes[0].children = {{"v", 1}, {"f", 2}, {"b", 3}, {"loop", 0}};
  objects.nodes[0].dependencies = {{"v", 1}};
  objects.nodes[1].kind = VariableObject{DType::kFloat32, {2}, true, "v", 0, 0};
  objects.nodes[2].kind = FunctionObject{{"f"}, {StructuredValue::NamedTuple{"FullArgSpec", {{"args", {StructuredValue::List{{{std::string("x")}}}}}}}}, true, {}};
  objects.nodes[3].kind = BareFunctionObject{"f", {"x"}, 1};
  objects.nodes[4].kind = AssetObject{0};
  objects.nodes[5].kind = CapturedTensorObject{"t", "f"};
  objects.nodes[5].slots = {{1, "m", 1}};
  objects.nodes[5].saveables = {{"table", 2, 3}};
  objects.functions = {{"f", {1}, {StructuredValue::Tuple{{{StructuredValue::Tuple{{spec("x")}}}, {StructuredValue::Dict{{{"k", {1.5}}}}}}}}, {StructuredValue::List{{{std::int64_t{-3}}, {true}, {Shape{2}}, {DType::kInt8}}}}}};
  meta.objects = std::move(objects);
  SavedModelFile model;
  model.meta_graphs.push_back(std::move(meta));
  return model;
}

std::string length_delimited(const std::string& tag, const std::string& content) {
  std::string out = tag;
  put_varint(out, content.size());
  return out + content;
}

using Emit = std::function<void(const std::string&)>;

/// Every message inside `bytes` (whatever has a length may be one), cut at every length, those around it made to fit.
void each_cut(const std::string& bytes, int depth, const Emit& emit) {
  auto rest = as_bytes(bytes);
  while (!rest.empty()) {
    const std::size_t start = bytes.size() - rest.size();
    const auto tag = take_varint(rest);
    if (!tag) return;
    const std::uint64_t wire = *tag & 7U;
    const std::size_t body = bytes.size() - rest.size();
    if (wire == 0) {
      if (!take_varint(rest)) return;
    } else if (wire == 1 || wire == 5) {
      const std::size_t size = wire == 1 ? 8 : 4;
      if (rest.size() < size) return;
      rest = rest.subspan(size);
    } else if (wire == 2) {
      const auto size = take_varint(rest);
      if (!size || *size > rest.size()) return;
      const std::string content = bytes.substr(bytes.size() - rest.size(), *size);
      rest = rest.subspan(*size);
      const std::string before = bytes.substr(0, start), kind = bytes.substr(start, body - start), after = bytes.substr(bytes.size() - rest.size());
      const Emit whole = [&](const std::string& inner) { emit(before + length_delimited(kind, inner) + after); };
      for (std::size_t cut = 0; cut < content.size(); ++cut) whole(content.substr(0, cut));
      if (depth > 0) each_cut(content, depth - 1, whole);
    } else {
      return;
    }
  }
}

TEST(HostileSavedModel, CutAtEveryLengthItGivesAnErrorOrSoundContent) {
  const Limits limits;
  const std::pair<Kind, std::string> files[] = {{Kind::kModel, saved_model_bytes(small_model())}, {Kind::kGraph, namesake::testing::read_text(kGolden + "frozen.pb")}};
  for (const auto& [kind, bytes] : files) {
    EXPECT_TRUE(reads(kind, bytes));
    int refused = 0;
    for (std::size_t cut = 0; cut < bytes.size(); ++cut) refused += reads(kind, bytes.substr(0, cut)) ? 0 : 1;
    EXPECT_GT(refused, static_cast<int>(bytes.size() * 9 / 10));
  }
  const std::string constants = namesake::testing::read_text(kGolden + "constants.pb"), keras = namesake::testing::read_text(kGolden + "keras2/keras_metadata.pb");
  for (std::size_t cut = 0; cut < constants.size(); cut += 7) reads(Kind::kGraph, constants.substr(0, cut));
  for (std::size_t cut = 0; cut < keras.size(); cut += 7) reads(Kind::kKeras, keras.substr(0, cut));
  EXPECT_EQ(limits.broken(), "");
}

TEST(HostileSavedModel, EveryMessageCutAtEveryLengthGivesAnErrorOrSoundContent) {
  int tried = 0, sound = 0;
  each_cut(saved_model_bytes(small_model()), 12, [&](const std::string& bytes) {
    ++tried;
    sound += reads(Kind::kModel, bytes) ? 1 : 0;
  });
  each_cut(namesake::testing::read_text(kGolden + "frozen.pb"), 12, [&](const std::string& bytes) {
    ++tried;
    sound += reads(Kind::kGraph, bytes) ? 1 : 0;
  });
  EXPECT_GT(tried, 4000);
  EXPECT_GT(sound, tried / 20);  // a shorter name is a name
  EXPECT_GT(tried - sound, tried / 4);
}

TEST(HostileSavedModel, WithBytesChangedItGivesAnErrorOrSoundContent) {
  const std::pair<Kind, std::string> files[] = {{Kind::kModel, saved_model_bytes(small_model())},
                                                {Kind::kGraph, namesake::testing::read_text(kGolden + "frozen.pb")},
                                                {Kind::kMeta, namesake::testing::read_text(kGolden + "model.meta")},
                                                {Kind::kKeras, namesake::testing::read_text(kGolden + "keras2/keras_metadata.pb")}};
  int sound = 0, refused = 0;
  for (const auto& [kind, bytes] : files) {
    const std::size_t step = bytes.size() / 200 + 1;
    for (std::size_t at = 0; at < bytes.size(); at += step) {
      for (const int flip : {1, 0x80, 0xff}) {
        std::string changed = bytes;
        changed[at] = static_cast<char>(changed[at] ^ flip);
        ++(reads(kind, changed) ? sound : refused);
      }
    }
  }
  EXPECT_GT(sound, 100);
  EXPECT_GT(refused, 100);
}

std::string repeated(const std::string& part, int count) {
  std::string out;
  for (int i = 0; i < count; ++i) out += part;
  return out;
}

// A tensor: field `key` of what a node's attribute "value" holds.
std::string constant_graph(const std::string& tensor) {
  const std::string value = length_delimited("\x42", tensor);                                       // AttrValue.tensor
  const std::string entry = length_delimited("\x0a", "value") + length_delimited("\x12", value);    // key, value
  const std::string node = length_delimited("\x0a", "c") + length_delimited("\x12", "Const") + length_delimited("\x2a", entry);
  return length_delimited("\x0a", node);
}

std::string dim(std::uint64_t size) {
  std::string varint = "\x08";
  put_varint(varint, size);
  return length_delimited("\x12", varint);
}

std::string refusal(const std::function<void()>& read) {
  try {
    read();
  } catch (const Error& error) {
    return error.what();
  }
  return "nothing was thrown";
}

TEST(HostileSavedModel, ClaimedSizesAreComparedBeforeAnythingIsAllocated) {
  Limits::start_here();
  const Limits limits;
  const std::string content = length_delimited("\x22", "12345678"), type("\x08\x01", 2);
  const auto shaped = [](const std::string& dims) { return length_delimited("\x12", dims); };
  struct Case {
    std::string tensor, said;
  };
  const Case cases[] = {
      {type + shaped(dim(3)) + content, "does not fit its shape"},
      {type + shaped(dim(1ULL << 40U) + dim(1ULL << 40U)) + content, "beyond all bounds"},
      {type + shaped(dim(~0ULL)) + content, "open, or beyond all bounds"},
      {type + shaped(dim(~0ULL - 1)) + content, "impossible size"},
      {std::string("\x08\x07", 2) + shaped(dim(1ULL << 50U)) + content, "more than their bytes"},
      {std::string("\x08\xff\x7f", 3), "no dtype"},
  };
  for (const Case& each : cases) {
    const std::string said = refusal([&] { (void)parse_graph_def(as_bytes(constant_graph(each.tensor)), "graph.pb"); });
    EXPECT_THAT(said, HasSubstr(each.said));
    EXPECT_THAT(said, HasSubstr("graph.pb"));
    EXPECT_THAT(said, HasSubstr("node \"c\", attribute \"value\""));
  }
  // One value for many is sound, until someone wants them all.
  const GraphDef graph = parse_graph_def(as_bytes(constant_graph(type + shaped(dim(1ULL << 50U)) + std::string("\x2a\x04\0\0\x80\x3f", 6))), "graph.pb");
  EXPECT_THAT(refusal([&] { (void)graph.nodes[0].find("value")->one<TensorValue>()->to_tensor(); }), HasSubstr("more often than any memory"));
  const std::string long_claim = std::string("\x0a\xff\xff\xff\xff\x07", 6) + "x";
  EXPECT_THAT(refusal([&] { (void)parse_graph_def(as_bytes(long_claim), "graph.pb"); }), HasSubstr("a part of 2147483647 bytes from byte 6 on"));
  EXPECT_EQ(limits.broken(), "");
}

TEST(HostileSavedModel, ManyEmptyMessagesTakeBoundedMemory) {
  const auto graph_of = [](const std::string& part, std::size_t megabytes) { return repeated(part, static_cast<int>((megabytes << 20U) / part.size())); };
  const std::string least = length_delimited("\x0a", length_delimited("\x0a", "x") + length_delimited("\x12", "y"));
  const std::string with_attribute = length_delimited("\x0a", length_delimited("\x0a", "x") + length_delimited("\x12", "y") + length_delimited("\x2a", length_delimited("\x0a", "a")));
  const std::string function = length_delimited("\x12", length_delimited("\x0a", length_delimited("\x0a", length_delimited("\x0a", "f"))));
  struct Case {
    std::string bytes, said;
  };
  const Case cases[] = {{graph_of(std::string("\x0a\0", 2), 4), "node 0: The node has no name, or no op."},
                        {graph_of(least, 4), "nothing was thrown"},
                        {graph_of(with_attribute, 4), "nothing was thrown"},
                        {graph_of(function, 2), "nothing was thrown"},
                        {length_delimited("\x0a", length_delimited("\x0a", "x") + length_delimited("\x12", "y") + graph_of(std::string("\x2a\0", 2), 2)), "An attribute has no name."},
                        {length_delimited("\x12", graph_of(std::string("\x0a\0", 2), 4)), "function 0: The function has no name."}};
  for (const Case& each : cases) {
    Limits::start_here();
    const Limits limits;
    EXPECT_THAT(refusal([&] { (void)parse_graph_def(as_bytes(each.bytes), "graph.pb"); }), HasSubstr(each.said));
    EXPECT_EQ(limits.broken(), "") << each.said;
  }
}

TEST(UnreadableValues, AreKeptAndHinderNothingElse) {
  const std::string type("\x08\x01", 2);
  const auto shaped = [](const std::string& dims) { return length_delimited("\x12", dims); };
  struct Case {
    std::string tensor, reason;
  };
  const Case cases[] = {
      {type + shaped(repeated(dim(1), 9)) + length_delimited("\x22", "1234"), "a shape of 9 axes"},
      {type + shaped(repeated(dim(1), 300'000)), "a shape of 300000 axes"},
      {std::string("\x08\x1d", 2) + shaped(dim(2)) + std::string("\x3a\x02\x07\x08", 4), "elements of TensorFlow's dtype 29"},              // int4
      {std::string("\x08\x18", 2) + shaped(dim(2)) + std::string("\x92\x01\x02\x07\x08", 5), "elements of TensorFlow's dtype 24"},  // float8
  };
  for (const Case& each : cases) {
    const std::string bytes = constant_graph(each.tensor) + constant_graph(type + shaped(dim(1)) + std::string("\x2a\x04\0\0\x80\x3f", 6));
    const GraphDef graph = parse_graph_def(as_bytes(bytes), "graph.pb");
    ASSERT_EQ(graph.nodes.size(), 2U);
    const AttributeValue& value = *graph.nodes[0].find("value");
    EXPECT_EQ(why_unreadable(value), each.reason);
    EXPECT_EQ(value.one<TensorValue>(), nullptr);
    EXPECT_EQ(graph.nodes[1].find("value")->one<TensorValue>()->to_tensor().data<float>()[0], 1.0F);
    EXPECT_NE(to_bytes(graph).find(each.tensor), std::string::npos);  // written as it was read
  }
}

TEST(UnreadableValues, OfListsAndFunctionsAreKeptToo) {
  const std::string nine = repeated(dim(1), 9);
  const std::string list = length_delimited("\x0a", length_delimited("\x3a", dim(4)) + length_delimited("\x3a", nine));  // of two shapes
  const auto attribute = [](const std::string& value) { return length_delimited("\x0a", "a") + length_delimited("\x12", value); };
  const std::string call = length_delimited("\x52", length_delimited("\x0a", "f") + length_delimited("\x12", attribute(list)));
  const auto graph_with = [&](const std::string& value) {
    return parse_graph_def(as_bytes(length_delimited("\x0a", length_delimited("\x0a", "x") + length_delimited("\x12", "y") + length_delimited("\x2a", attribute(value)))), "graph.pb");
  };
  EXPECT_EQ(why_unreadable(*graph_with(list).nodes[0].find("a")), "a shape of 9 axes");
  const GraphDef graph = graph_with(call);
  const auto* function = graph.nodes[0].find("a")->one<FunctionReference>();
  ASSERT_NE(function, nullptr);
  EXPECT_EQ(why_unreadable(function->attributes.at(0).value), "a shape of 9 axes");
  EXPECT_NE(to_bytes(graph).find(nine), std::string::npos);
}

TEST(UnreadableValues, ShapesOfSignaturesAndVariablesAreLeftOpen) {
  const std::string shape = length_delimited("\x1a", repeated(dim(1), 9));
  const std::string info = length_delimited("\x0a", "x:0") + std::string("\x10\x01", 2) + shape;
  const std::string input = length_delimited("\x0a", "x") + length_delimited("\x12", info);
  const std::string signature = length_delimited("\x0a", "s") + length_delimited("\x12", length_delimited("\x0a", input));
  const std::string variable = length_delimited("\x3a", std::string("\x08\x01", 2) + length_delimited("\x12", repeated(dim(1), 9)));
  const std::string meta = length_delimited("\x2a", signature) + length_delimited("\x3a", length_delimited("\x0a", variable));
  const SavedModelFile file = parse_saved_model(as_bytes(length_delimited("\x12", meta)), "saved_model.pb");
  const SignatureTensor& tensor = file.meta_graphs.at(0).signatures.at(0).inputs.at(0);
  EXPECT_EQ(tensor.unreadable, "a shape of 9 axes");
  EXPECT_FALSE(tensor.shape.known_rank());
  EXPECT_EQ(tensor.dtype, DType::kFloat32);
  const auto& object = std::get<VariableObject>(file.meta_graphs[0].objects->nodes.at(0).kind);
  EXPECT_EQ(object.unreadable, "a shape of 9 axes");
}

struct Field {  // a length-delimited field: the bytes it starts with, and then what it wraps
  std::string tag, first;
};

/// `depth` times `fields` around each other, the outermost field first, around nothing. Takes time linear in its size, as reading it should.
std::string nested(const std::vector<Field>& fields, int depth) {
  std::vector<std::string> heads;
  std::size_t size = 0;
  for (int i = 0; i < depth; ++i) {
    for (auto field = fields.rbegin(); field != fields.rend(); ++field) {
      std::string head = field->tag;
      put_varint(head, field->first.size() + size);
      size += head.size() + field->first.size();
      heads.push_back(head + field->first);
    }
  }
  std::string out;
  out.reserve(size);
  for (auto head = heads.rbegin(); head != heads.rend(); ++head) out += *head;
  return out;
}

TEST(HostileSavedModel, NestingIsBounded) {
  const auto lists = [](int depth) {  // a model with a function whose signature is lists of lists
    const std::string function = length_delimited("\x1a", nested({{"\x9a\x03", ""}, {"\x0a", ""}}, depth));  // canonicalized_input_signature, of list_value
    const std::string objects = length_delimited("\x12", length_delimited("\x0a", "f") + length_delimited("\x12", function));
    return length_delimited("\x12", length_delimited("\x3a", objects));
  };
  const auto functions = [](int depth) {  // a function with an attribute that is a function with an attribute ...
    const std::string calls = nested({{"\x52", "\x0a\x01" "f"}, {"\x12", "\x0a\x01" "a"}, {"\x12", ""}}, depth);
    return length_delimited("\x0a", length_delimited("\x0a", "x") + length_delimited("\x12", "y") + length_delimited("\x2a", length_delimited("\x0a", "a") + length_delimited("\x12", calls)));
  };
  const std::string sound_lists = lists(40), sound_functions = functions(20);
  const std::string deep_lists[] = {lists(60), lists(20'000)}, deep_functions[] = {functions(50), functions(10'000)};

  Limits::start_here();
  const Limits limits;
  EXPECT_EQ(parse_saved_model(as_bytes(sound_lists), "saved_model.pb").meta_graphs.at(0).objects->functions.size(), 1U);
  EXPECT_TRUE(reads(Kind::kGraph, sound_functions));
  for (const std::string& bytes : deep_lists) EXPECT_FALSE(reads(Kind::kModel, bytes)) << bytes.size();
  for (const std::string& bytes : deep_functions) EXPECT_FALSE(reads(Kind::kGraph, bytes)) << bytes.size();
  EXPECT_EQ(limits.broken(), "");
}

TEST(HostileSavedModel, NumbersOfObjectsAndArgumentsAreChecked) {
  const auto said = [](const std::function<void(MetaGraph&)>& spoil) {
    SavedModelFile model = small_model();
    spoil(model.meta_graphs[0]);
    const std::string bytes = saved_model_bytes(model);
    return refusal([&] { (void)parse_saved_model(as_bytes(bytes), "saved_model.pb"); });
  };
  EXPECT_THAT(said([](MetaGraph& meta) { meta.objects->nodes[0].children[0].node = 6; }), HasSubstr("meta graph 0, objects, object 0"));
  EXPECT_THAT(said([](MetaGraph& meta) { meta.objects->nodes[5].slots[0].state = 1U << 31U; }), HasSubstr("meta graph 0, objects, object 5"));
  EXPECT_THAT(said([](MetaGraph& meta) { meta.objects->nodes[5].saveables[0].restore_function = 6; }), HasSubstr("meta graph 0, objects, object 5"));
  EXPECT_THAT(said([](MetaGraph& meta) { meta.objects->functions[0].bound_inputs[0] = 77; }), HasSubstr("function \"f\""));
  EXPECT_EQ(said([](MetaGraph&) {}), "nothing was thrown");
  const std::string argument = length_delimited("\x3a", std::string("\x08\x05", 2));  // attributes of argument 5
  const std::string signature = length_delimited("\x0a", length_delimited("\x0a", "f"));
  const std::string graph = length_delimited("\x12", length_delimited("\x0a", signature + argument));
  EXPECT_THAT(refusal([&] { (void)parse_graph_def(as_bytes(graph), "graph.pb"); }), HasSubstr("an argument that the function does not have"));
}

}  // namespace
}  // namespace namesake::formats
