// The body: birth, names, weights and sub-layers. Building and calling: layer_running.cpp.
#include "namesake/nn/layer.h"

#include <fmt/format.h>

#include <algorithm>

#include "namesake/base/error.h"
#include "namesake/naming/graph_claims.h"
#include "namesake/naming/path.h"
#include "namesake/naming/rules.h"
#include "namesake/naming/snake_case.h"
#include "namesake/nn/dtype_policy.h"
#include "namesake/nn/foreign_names.h"
#include "namesake/nn/weights_to_come.h"
#include "namesake/nn/layer_of.h"

namespace namesake {
namespace {

thread_local constinit const LayerBirth* being_born = nullptr;

const LayerBirth& taken_birth() {
  if (being_born == nullptr) {
    throw InvalidArgument({.what = "The body of a layer was made without its handle.",
                           .expected = "using My = LayerOf<MyLayer>; My layer({...});",
                           .fix = "make layers through LayerOf: it gives the body its name and place"});
  }
  return *std::exchange(being_born, nullptr);
}

// Keras keeps the second Dense of a model under `dense_1`: a class whose own key is that would share its place.
void check_class_name(std::string_view class_name, Site site) {
  const std::string key = naming::to_snake_case(class_name);
  const std::size_t last = key.find_last_not_of("0123456789");
  if (last == std::string::npos || last + 1 == key.size() || key[last] != '_') return;
  throw InvalidName({.subject = std::string(class_name),
                     .what = fmt::format("The class name \"{}\" reads as a numbered layer: in Keras's files its weights would stand under "
                                         "\"{}\", as those of the second \"{}\" do.", class_name, key, key.substr(0, last)),
                     .expected = "a kClassName that does not end in _ and digits",
                     .received = std::string(class_name),
                     .places = {{"here", site, {}, {}}},
                     .fix = "give the class another kClassName"});
}

}  // namespace

nn::BeingBorn::BeingBorn(LayerBirth birth) : birth_(std::move(birth)), outer_(std::exchange(being_born, &birth_)) {}
nn::BeingBorn::~BeingBorn() { being_born = outer_; }

LayerBase::LayerBase() : scope_(naming::current_scope()) {
  const LayerBirth& birth = taken_birth();
  name_ = birth.name;
  class_name_ = birth.class_name;
  site_ = birth.site;
  trainable_ = birth.trainable;
  declared_input_shape_ = birth.input_shape;
  activity_regularizer_ = birth.activity_regularizer;
  automatic_ = name_.empty();
  settled_ = !automatic_;
  check_class_name(class_name_, site_);
  if (!automatic_ && !nn::ForeignNames::accepted()) naming::check_name(name_, naming::NameKind::kLayer, site_);
  own_scope_ = scope_->make_child(name_, site_);
  set_dtype_policy(birth.dtype);
}

LayerBase::~LayerBase() {
  for (const ChildLayer& child : children_) std::erase(child.layer->owners_, this);
}

void LayerBase::set_dtype_policy(std::string_view policy) {
  dtype_policy_ = policy.empty() ? namesake::dtype_policy() : std::string(policy);
  const nn::PolicyDTypes dtypes = nn::policy_dtypes(dtype_policy_);
  compute_dtype_ = dtypes.compute;
  variable_dtype_ = dtypes.variable;
}

void LayerBase::set_trainable(bool trainable) {
  trainable_ = trainable;
  for (std::size_t i = 0; i < made_trainable_; ++i) weights_[i].set_trainable(trainable);
  for (const ChildLayer& child : children_) child.layer->set_trainable(trainable);
}

// ---- names

const std::string& LayerBase::name() const {
  // Asking settles the name: what name() once said stays true.
  if (!settled_) const_cast<LayerBase*>(this)->settle_name();
  return name_;
}

void LayerBase::settle_name() {
  if (settled_) return;
  const std::string base = naming::automatic_base(class_name_);
  if (owners_.empty()) {
    name_ = scope_->auto_name(base);
  } else {
    // The first owner's other names are known; the other owners then claim what came out.
    naming::Claim claim = owners_.front()->claim_for(*this);
    claim.path = owners_.front()->scope_path_of(*this);
    claim.base = base;
    claim.counter = scope_;
    name_ = naming::leaf_name(owners_.front()->names_.claim_automatic(base, std::move(claim)));
  }
  settled_ = true;
  own_scope_->rename(name_);
  for (std::size_t i = 1; i < owners_.size(); ++i) owners_[i]->names_.claim(owners_[i]->claim_for(*this));
}

std::string LayerBase::describe() const {
  std::string text = changed_options();
  if (!automatic_) text += fmt::format("{}.name = \"{}\"", text.empty() ? "" : ", ", name_);
  return text.empty() ? fmt::format("{}()", class_name_) : fmt::format("{}({{{}}})", class_name_, text);
}

void LayerBase::refuse_input(std::string expected, std::string received, std::string fix) const {
  throw ShapeMismatch({.subject = name(),
                       .what = fmt::format("The input does not fit the layer \"{}\".", name()),
                       .expected = std::move(expected),
                       .received = std::move(received),
                       .places = {{"layer", site_, describe(), scope_->path()}},
                       .fix = std::move(fix)});
}

std::string LayerBase::scope_path_of(const LayerBase& child) const {
  if (const auto below = child.scope_->path_below(*own_scope_)) return *below;
  if (const auto below = child.scope_->path_below(*scope_)) return *below;
  return child.scope_->path();
}

std::string LayerBase::child_path(const LayerBase& child) const {
  return naming::join_path(scope_path_of(child), child.name());
}

naming::Claim LayerBase::claim_for(const LayerBase& child) const {
  naming::Claim claim;
  claim.kind = child.is_model() ? naming::NameKind::kModel : naming::NameKind::kLayer;
  claim.path = child.settled_ ? naming::join_path(scope_path_of(child), child.name_) : std::string();
  claim.site = child.site_;
  claim.detail = child.describe();
  claim.scope = child.scope_->path();
  claim.object = &child;
  claim.automatic = child.automatic_;
  claim.base = naming::automatic_base(child.class_name_);
  claim.counter = child.scope_;
  return claim;
}

std::string LayerBase::claim_owner_text() const {
  const std::string_view kind = is_model() ? "model" : "layer";
  return settled_ ? fmt::format("{} \"{}\"", kind, name_) : fmt::format("the {} made at {}", kind, to_string(site_));
}

void LayerBase::adopt(const std::shared_ptr<LayerBase>& child, std::string_view attribute, Site site) {
  if (!child) throw InvalidArgument({.what = "A layer without a body was added.", .places = {{"here", site, describe(), {}}}});
  if (child.get() == this) throw InvalidArgument({.what = "A layer was added to itself.", .places = {{"here", site, describe(), {}}}});
  names_.set_owner(claim_owner_text());
  attributes_.set_owner(claim_owner_text());
  if (!attribute.empty()) {
    if (!nn::ForeignNames::accepted()) naming::check_name(attribute, naming::NameKind::kAttribute, site);
    naming::Claim claim = claim_for(*child);
    claim.kind = naming::NameKind::kAttribute;
    claim.path = attribute;
    claim.site = site;
    claim.object = nullptr;
    attributes_.claim(std::move(claim), NamePolicy::kError);
  }
  const bool held = std::any_of(children_.begin(), children_.end(), [&](const ChildLayer& c) { return c.layer == child; });
  if (!held) {
    if (child->settled_) {
      const std::string given = names_.claim(claim_for(*child), child->own_scope_->policy());
      const std::string_view leaf = naming::leaf_name(given);
      if (leaf != child->name_) {  // NamePolicy::kUniquify gave another one
        child->name_ = leaf;
        child->own_scope_->rename(child->name_);
      }
    }
    child->owners_.push_back(this);
  }
  children_.push_back({std::string(attribute), child});
}

void LayerBase::settle_children() {
  for (const ChildLayer& child : children_) child.layer->settle_name();
}

void LayerBase::set_name(std::string_view name, Site site) {
  settle_name();
  if (name == name_) return;
  if (!nn::ForeignNames::accepted()) naming::check_name(name, is_model() ? naming::NameKind::kModel : naming::NameKind::kLayer, site);
  std::string given(name);
  std::size_t done = 0;
  try {
    for (; done < owners_.size(); ++done) {
      owners_[done]->names_.set_owner(owners_[done]->claim_owner_text());
      given = naming::leaf_name(owners_[done]->names_.rename(this, name, site, own_scope_->policy()));
    }
  } catch (...) {
    for (std::size_t i = 0; i < done; ++i) owners_[i]->names_.rename(this, name_, site_, NamePolicy::kError);
    throw;
  }
  name_ = given;
  automatic_ = false;
  own_scope_->rename(name_);
}

JsonValue LayerBase::config(std::string_view name) const {
  JsonValue config = JsonValue::object({{"name", name}, {"trainable", trainable_}, {"dtype", dtype_policy_}});
  const JsonValue own = options();
  if (activity_regularizer_ && !own.has("activity_regularizer")) config.add("activity_regularizer", activity_regularizer_.serialize());
  for (const JsonMember& member : own.members()) config.add(member.key, member.value);
  return config;
}

// ---- weights

Variable LayerBase::add_weight(const WeightOptions& options, Site site) {
  naming::check_name(options.name, naming::NameKind::kWeight, site);
  if (!options.shape.fully_known()) {
    throw ShapeMismatch({.subject = options.name,
                         .what = fmt::format("The weight \"{}\" of {} has an open shape.", options.name, claim_owner_text()),
                         .expected = "sizes that are all known when the layer is built",
                         .received = to_string(options.shape),
                         .places = {{"here", site, {}, {}}}});
  }
  DType dtype = variable_dtype_;
  if (!options.dtype.empty()) {
    const auto named = dtype_from_string(options.dtype);
    if (!named) throw InvalidArgument({.what = "A weight has an unknown dtype.", .received = options.dtype});
    dtype = *named;
  }
  VariableOptions made{.name = options.name, .trainable = options.trainable};
  if (options.regularizer) made.regularizer = options.regularizer;
  if (options.constraint) made.constraint = options.constraint;
  const Variable variable(nn::WeightsToCome::first_value(options.initializer, options.shape, dtype), std::move(made), site);
  naming::Claim claim;
  claim.kind = naming::NameKind::kWeight;
  claim.path = options.name;
  claim.site = site;
  claim.detail = fmt::format("add_weight({{.name = \"{}\", .shape = {}}})", options.name, to_string(options.shape));
  claim.scope = own_scope_->path();
  claim.object = variable.id();
  names_.set_owner(claim_owner_text());
  variable.rename(names_.claim(std::move(claim), own_scope_->policy()));
  if (own_scope_->policy() == NamePolicy::kStrict) {
    naming::claim_in_graph(naming::join_path(naming::join_path(scope_->path(), name()), variable.name()), site, describe());
  }
  if (options.trainable) {
    weights_.insert(weights_.begin() + static_cast<std::ptrdiff_t>(made_trainable_++), variable);
    variable.set_trainable(trainable_);
  } else {
    weights_.push_back(variable);
  }
  return variable;
}

}  // namespace namesake
