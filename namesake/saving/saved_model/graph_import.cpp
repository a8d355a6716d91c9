#include "namesake/saving/saved_model/graph_import.h"

#include <fmt/format.h>

#include <algorithm>

#include "namesake/base/error.h"
#include "namesake/saving/saved_model/graph_import_body.h"
#include "namesake/saving/saved_model/graph_import_state.h"

namespace namesake::saving {
namespace {

using formats::FunctionDef;

constexpr std::size_t kDeepestCalls = 100;
// Of a run: functions that call one another twice, sixty deep, would take longer than anybody waits.
constexpr std::uint64_t kMostSteps = 100'000'000;
constexpr std::size_t kNamesShown = 4;  // of nodes, of each missing op

std::string key_of(const FunctionDef& def, const std::vector<CallArgument>& arguments) {
  std::string key = def.name;
  for (const CallArgument& argument : arguments) {
    const void* object = argument.constant.defined() ? argument.constant.id() : argument.variable.id();
    key += fmt::format("\n{} {} {} {} {}", static_cast<int>(argument.kind), fmt::ptr(object), static_cast<int>(argument.spec.dtype), to_string(argument.spec.shape),
                       argument.name);
  }
  return key;
}

}  // namespace

ImportState::ImportState(const formats::GraphDef& graph_def, std::string file_name, GraphImport::VariableOf source)
    : graph(graph_def), file(std::move(file_name)), variable_of(std::move(source)) {
  most_nodes = graph.nodes.size();
  for (const FunctionDef& def : graph.functions) {
    most_nodes += def.nodes.size();
    if (!functions.emplace(def.name, &def).second) {
      fail(fmt::format("function \"{}\"", def.name), fmt::format("Two functions are called \"{}\": it cannot be said which one is meant.", def.name), "one");
    }
  }
}

void ImportState::fail(const std::string& place, std::string what, std::string expected, std::string received) const {
  throw FormatError(file, place, {.what = std::move(what), .expected = std::move(expected), .received = std::move(received)});
}

bool ImportState::is_generic(const FunctionDef& def) {
  const auto [known, fresh] = generic.emplace(&def, false);
  if (!fresh) return known->second;
  const auto of_caller = [](const formats::Attribute& attribute) { return !attribute.value.placeholder.empty(); };
  known->second = std::any_of(def.nodes.begin(), def.nodes.end(), [&](const formats::NodeDef& node) { return std::any_of(node.attributes.begin(), node.attributes.end(), of_caller); }) ||
                  std::any_of(def.arguments.begin(), def.arguments.end(), [](const formats::FunctionArgument& argument) { return !argument.type_attribute.empty(); });
  return known->second;
}

ImportedFunction ImportState::function(const FunctionDef& def, const std::vector<CallArgument>& arguments, const Environment& environment, const std::string& place) {
  if (arguments.size() != def.arguments.size()) {
    fail(place, fmt::format("The function \"{}\" is called with another number of arguments than it takes.", def.name), std::to_string(def.arguments.size()), std::to_string(arguments.size()));
  }
  const bool shared = !is_generic(def);
  const std::string key = key_of(def, arguments);
  if (const auto known = imported.find(key); shared && known != imported.end()) return known->second;
  if (std::find(open.begin(), open.end(), def.name) != open.end()) {
    fail(place, fmt::format("The function \"{}\" calls itself, directly or through others: it would never end.", def.name), "functions that do not call themselves",
         fmt::format("{} -> {}", fmt::join(open, " -> "), def.name));
  }
  if (open.size() >= kDeepestCalls) fail(place, fmt::format("Functions call one another more than {} deep.", kDeepestCalls));
  open.push_back(def.name);
  ImportedFunction made = make(def, arguments, environment);
  open.pop_back();
  if (made.steps > kMostSteps) {
    fail(place, fmt::format("The function \"{}\" would take more than {} steps to run: functions call one another too often.", def.name, kMostSteps));
  }
  if (shared && missing.empty()) imported.emplace(key, made);
  return made;
}

ImportedFunction ImportState::make(const FunctionDef& def, const std::vector<CallArgument>& arguments, const Environment& environment) {
  const std::string place = fmt::format("function \"{}\"", def.name);
  BodyImport body(*this, place, def.nodes, &environment);
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    const formats::FunctionArgument& declared = def.arguments[i];
    if (!declared.number_attribute.empty() || !declared.type_list_attribute.empty()) fail(place, fmt::format("The argument \"{}\" is a list.", declared.name), "one tensor");
    const bool is_resource = arguments[i].kind == Bound::Kind::kResource;
    const bool known = declared.dtype != DType::kInvalid && arguments[i].kind != Bound::Kind::kMissing;
    const DType given = is_resource ? DType::kResource : arguments[i].spec.dtype;
    if (known && given != declared.dtype) {
      fail(place, fmt::format("The argument \"{}\" is given another dtype than it has.", declared.name), std::string(to_string(declared.dtype)), std::string(to_string(given)));
    }
    body.add_argument(declared.name, arguments[i]);
  }
  for (const formats::FunctionArgument& result : def.results) {
    const auto is_it = [&](const auto& entry) { return entry.first == result.name; };
    const auto found = std::find_if(def.returns.begin(), def.returns.end(), is_it);
    if (found == def.returns.end()) fail(place, fmt::format("The result \"{}\" comes from nowhere.", result.name));
    if (std::any_of(found + 1, def.returns.end(), is_it)) fail(place, fmt::format("The result \"{}\" comes from two places.", result.name));
    body.add_result(result.name, found->second);
  }
  for (const auto& [name, node] : def.control_returns) body.run_node(node);
  return body.finish(def.name);
}

void ImportState::refuse_missing() {
  if (missing.empty()) return;
  std::string list;
  for (auto& [op, where] : missing) {
    std::sort(where.begin(), where.end());
    where.erase(std::unique(where.begin(), where.end()), where.end());
    const std::span<const std::string> shown(where.data(), std::min(where.size(), kNamesShown));
    list += fmt::format("{}{} ({}: {}{})", list.empty() ? "" : "; ", op, where.size(), fmt::join(shown, ", "), where.size() > shown.size() ? ", ..." : "");
  }
  const std::size_t count = missing.size();
  missing.clear();
  throw Unsupported({.subject = file,
                     .what = fmt::format("{}: The graph has {} that cannot be run here.", file, count == 1 ? "an op" : fmt::format("{} ops", count)),
                     .expected = "the ops of docs/ops.md",
                     .received = list});
}

GraphImport::GraphImport(const formats::GraphDef& graph, std::string file, VariableOf variable_of)
    : state_(std::make_unique<ImportState>(graph, std::move(file), std::move(variable_of))) {}
GraphImport::~GraphImport() = default;

std::shared_ptr<const graph::Graph> GraphImport::import_ends(const std::string& name, std::span<const GraphEnd> inputs, std::span<const GraphEnd> outputs) {
  state_->open.clear();
  state_->missing.clear();
  BodyImport body(*state_, "", state_->graph.nodes, nullptr);
  for (const GraphEnd& input : inputs) body.add_input(input);
  for (const GraphEnd& output : outputs) body.add_result(output.name, output.tensor, {output.dtype, output.shape});
  ImportedFunction made = body.finish(name);
  state_->refuse_missing();
  if (made.steps > kMostSteps) state_->fail("", fmt::format("The signature \"{}\" would take more than {} steps to run.", name, kMostSteps));
  return made.graph;
}

std::shared_ptr<const graph::Graph> GraphImport::import_function(const std::string& function, std::span<const GraphEnd> inputs, std::span<const Captured> captured) {
  state_->open.clear();
  state_->missing.clear();
  const auto found = state_->functions.find(function);
  if (found == state_->functions.end()) state_->fail("", fmt::format("The graph has no function \"{}\".", function));
  std::vector<CallArgument> arguments;
  for (const GraphEnd& input : inputs) {
    CallArgument argument;
    argument.kind = Bound::Kind::kValue;
    argument.spec = {input.dtype, input.shape};
    argument.name = input.name;
    arguments.push_back(std::move(argument));
  }
  for (const Captured& value : captured) {
    CallArgument argument;
    if (const auto* variable = std::get_if<Variable>(&value)) {
      argument.kind = Bound::Kind::kResource;
      argument.variable = *variable;
    } else {
      argument.kind = Bound::Kind::kValue;
      argument.constant = std::get<Tensor>(value);
      argument.spec = {argument.constant.dtype(), argument.constant.shape()};
    }
    arguments.push_back(std::move(argument));
  }
  const ImportedFunction made = state_->function(*found->second, arguments, {}, fmt::format("function \"{}\"", function));
  state_->refuse_missing();
  return made.graph;
}

}  // namespace namesake::saving
