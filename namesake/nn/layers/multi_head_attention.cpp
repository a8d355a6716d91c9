#include "namesake/nn/layers/multi_head_attention.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "namesake/nn/layers/advanced_activations.h"
#include "namesake/nn/layers/head_projection.h"
#include "namesake/nn/layers/spatial.h"

namespace namesake::nn {
namespace {

// The first `count` letters from `first` on.
std::string letters(int first, int count) {
  std::string text;
  for (int i = 0; i < count; ++i) text += static_cast<char>('a' + first + i);
  return text;
}

// A dense layer from the last `bound` axes of an input, of which `free` stay, to `made` new ones: "abc,cde->abde".
struct Projection {
  std::string equation, bias_axes;
  Projection(int free, int bound, int made) : bias_axes(letters(free + bound, made)) {
    const std::string kept = letters(0, free), summed = letters(free, bound);
    equation = fmt::format("{0}{1},{1}{2}->{0}{2}", kept, summed, bias_axes);
  }
};

// The axes that stay (-1: the batch aside), and these behind them.
Shape behind(int free, const Shape& sizes) {
  Shape shape = Shape::scalar();
  for (int i = 1; i < free; ++i) shape.push_back(Shape::kOpen);
  for (const std::int64_t size : sizes.sizes()) shape.push_back(size);
  return shape;
}

}  // namespace

void MultiHeadAttentionBody::config(Options& o, ConfigFields& f) {
  if (!f.reading() && !o.value_dim) o.value_dim = o.key_dim;
  if (!f.reading() && o.attention_axes.single()) o.attention_axes = AxisList(o.attention_axes.values());
  f("num_heads", o.num_heads);
  f("key_dim", o.key_dim);
  f("value_dim", o.value_dim);
  f("dropout", o.dropout);
  f("use_bias", o.use_bias);
  f("use_gate", o.use_gate);
  AxisList sizes = o.output_shape.known_rank() ? AxisList(std::vector<std::int64_t>(o.output_shape.sizes().begin(), o.output_shape.sizes().end())) : AxisList();
  f("output_shape", sizes);  // Keras 2 writes one number as it was given
  if (f.reading()) o.output_shape = sizes ? Shape(sizes.values()) : Shape();
  f("attention_axes", o.attention_axes);
  f("sliding_window", o.sliding_window);
  projection_fields(o, f);
  f("seed", o.seed);
  if (f.reading()) f("keeps_masks", o.keeps_masks);
}

MultiHeadAttentionBody::MultiHeadAttentionBody(Options options) : options_(std::move(options)) {
  set_activity_regularizer({});  // its projections have it
  check_sizes(*this, "num_heads", Sizes1D(options_.num_heads));
  check_sizes(*this, "key_dim", Sizes1D(options_.key_dim));
  check_sizes(*this, "value_dim", Sizes1D(options_.value_dim.value_or(1)));
  check_sizes(*this, "sliding_window", Sizes1D(options_.sliding_window.value_or(1)));
  static_cast<void>(checked_rate(*this, options_.dropout));
}

JsonValue MultiHeadAttentionBody::config(std::string_view name) const {
  JsonValue config = LayerBase::config(name);
  if (!axes_.empty()) config.set("attention_axes", AxisList(axes_).serialize());
  return config;
}

void MultiHeadAttentionBody::make_parts(const Shape& query, const Shape& value, const Shape& key) {
  const Options& o = options_;
  const int rank = query.rank();
  std::vector<std::int64_t> axes;
  for (int axis = 1; axis + 1 < rank; ++axis) axes.push_back(axis);
  if (o.attention_axes) axes = o.attention_axes.resolved(rank, "attention_axes");
  if (axes.empty() || std::any_of(axes.begin(), axes.end(), [&](std::int64_t axis) { return axis < 1 || axis + 1 >= rank; })) {
    refuse_input("attention_axes between the batch axis and the features", to_string(query));
  }
  axes_ = axes;
  const std::int64_t value_size = o.value_dim.value_or(o.key_dim);
  const Projection in(rank - 1, 1, 2);
  const auto projection = [&](std::string_view name, std::int64_t size, std::string_view activation = "linear") {
    return projection_of(*this, o, name, in.equation, behind(rank - 1, {o.num_heads, size}), in.bias_axes, activation);
  };
  query_dense_ = add_layer("query_dense", projection("query", o.key_dim));
  key_dense_ = add_layer("key_dense", projection("key", o.key_dim));
  if (o.use_gate) gate_dense_ = add_layer("_gate_dense", projection("gate", value_size, "sigmoid"));
  value_dense_ = add_layer("value_dense", projection("value", value_size));

  // Letters as in Keras: axes of the queries, heads and size behind them; then the values' own.
  std::string target = letters(0, rank + 1), source, scores;
  int next = rank + 1;
  for (int i = 0; i <= rank; ++i) {
    const bool looked_along = std::find(axes.begin(), axes.end(), i) != axes.end();
    source += looked_along ? letters(next++, 1) : target.substr(static_cast<std::size_t>(i), 1);
    if (!looked_along && i < rank) scores += target[static_cast<std::size_t>(i)];
  }
  for (const std::string* text : {&target, &source}) {
    for (const std::int64_t axis : axes) scores += (*text)[static_cast<std::size_t>(axis)];
  }
  plan_.scores_equation = fmt::format("{},{}->{}", source, target, scores);
  plan_.combine_equation = fmt::format("{},{}->{}", scores, source, target);
  plan_.attention_axes = static_cast<int>(axes.size());
  plan_.scale = 1 / std::sqrt(static_cast<double>(o.key_dim));
  plan_.dropout = o.dropout;
  plan_.sliding_window = o.sliding_window.value_or(0);
  plan_.uses_query_mask = false;
  plan_.takes_masks_away = !o.keeps_masks;

  std::vector<std::int64_t> softmax_axes;
  for (std::size_t i = scores.size() - axes.size(); i < scores.size(); ++i) softmax_axes.push_back(static_cast<std::int64_t>(i));
  softmax_ = add_layer("_softmax", Softmax({.axis = AxisList(softmax_axes), .dtype = dtype_policy()}));
  dropout_ = add_layer("_dropout_layer", Dropout({.rate = o.dropout, .seed = o.seed, .dtype = dtype_policy()}));
  const Shape features = o.output_shape.known_rank() && o.output_shape.rank() > 0 ? o.output_shape : Shape({query.back()});
  const Projection out(rank - 1, 2, features.rank());
  output_dense_ = add_layer("output_dense", projection_of(*this, o, "attention_output", out.equation, behind(rank - 1, features), out.bias_axes));

  query_dense_.build(query);
  key_dense_.build(key);
  if (gate_dense_) gate_dense_.build(query);
  value_dense_.build(value);
  Shape heads = query;
  heads.set(rank - 1, o.num_heads);
  heads.push_back(value_size);
  output_dense_.build(heads);
  softmax_.build(heads);
  dropout_.build(heads);
}

}  // namespace namesake::nn
