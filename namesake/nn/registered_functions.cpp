#include "namesake/nn/registered_functions.h"

#include <fmt/format.h>

#include "namesake/base/error.h"
#include "namesake/optim/keras_object.h"
#include "namesake/optim/registered.h"

namespace namesake::nn {
namespace {

using Functions = optim::Registered<RegisteredFunction>;

Functions& functions(FunctionKind kind) {
  static Functions regularizers("regularizers"), constraints("constraints");
  return kind == FunctionKind::kRegularizer ? regularizers : constraints;
}

std::string_view word_of(FunctionKind kind) { return kind == FunctionKind::kRegularizer ? "regularizer" : "constraint"; }

}  // namespace

void register_function(FunctionKind kind, std::string_view name, RegisteredFunction function, std::string_view package, Site site) {
  if (function == nullptr || name.empty()) {
    throw InvalidArgument({.subject = fmt::format("{}>{}", package, name),
                           .what = fmt::format("A function and its name are needed to register a {}.", word_of(kind)),
                           .places = {{"here", site, {}, {}}}});
  }
  functions(kind).add(package, name, function, site);
}

FoundFunction find_function(FunctionKind kind, std::string_view registered_name, std::string_view name) {
  for (const std::string_view asked : {registered_name, name}) {
    if (const auto* found = functions(kind).find(asked)) return {found->registered_name, found->value};
  }
  return {};
}

void refuse_unknown(FunctionKind kind, std::string_view name, std::vector<std::string_view> words) {
  const std::vector<std::string> users = functions(kind).registered_names();
  words.insert(words.end(), users.begin(), users.end());
  ErrorParts parts = optim::unknown_word(word_of(kind), name, words);
  if (parts.fix.empty()) {
    parts.fix = fmt::format("register a function of one's own first: register_{}(\"name\", function)", word_of(kind));
  }
  throw Unsupported(std::move(parts));
}

}  // namespace namesake::nn
