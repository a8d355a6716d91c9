// TensorLists. A kernel here computes by calling other ops (Pack, Unpack, ...), which recorders see; the list ops themselves block the
// gradient, since there is nothing left for them to differentiate.
#include "namesake/ops/tensor_list.h"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <vector>

#include "namesake/ops/create.h"
#include "namesake/ops/indexing.h"
#include "namesake/ops/joining.h"
#include "namesake/ops/records.h"
#include "namesake/ops/shape_rules.h"
#include "namesake/ops/splitting.h"

namespace namesake::ops {
namespace {

constexpr std::int64_t kMostItems = std::int64_t{1} << 24;  // a count may come out of a file
constexpr std::size_t kAtOnce = 1 << 14;                    // a tape's entry counts its inputs in 16 bits

class TensorList final : public Producer {
 public:
  explicit TensorList(ListContent given) : content(std::move(given)) {}
  ~TensorList() override { let_go(std::move(content.items)); }
  ListContent content;
  bool may_change = false;
};

TensorList* list_of(const Tensor& tensor) {
  if (!tensor.defined() || tensor.is_symbolic() || tensor.dtype() != DType::kVariant) return nullptr;
  return dynamic_cast<TensorList*>(tensor.producer());
}

// ---- shapes

// What both say; nothing if they contradict each other.
std::optional<Shape> both(const Shape& a, const Shape& b) {
  if (!a.compatible_with(b)) return std::nullopt;
  if (!a.known_rank() || !b.known_rank()) return a.known_rank() ? a : b;
  Shape shape = a;
  for (int i = 0; i < a.rank(); ++i) {
    if (a[i] == Shape::kOpen) shape.set(i, b[i]);
  }
  return shape;
}

// A scalar, -1, says nothing.
Shape element_shape(const OpRecord& op, const Tensor& input) {
  if (input.shape().known_rank() && input.rank() == 0) return {};
  return shape_of_input(op, input);
}

Shape with_first(std::int64_t size, const Shape& rest) {
  if (!rest.known_rank() || rest.rank() == Shape::kMaxRank) return {};
  Shape shape = {size};
  for (const std::int64_t other : rest.sizes()) shape.push_back(other);
  return shape;
}
Shape without_first(const Shape& shape) {
  return shape.rank() > 0 ? Shape(shape.sizes().subspan(1)) : Shape();
}

// ---- checks

void check_list(const InferContext& c, std::size_t i) {
  const Tensor& list = c.inputs[i];
  if (list.is_symbolic() ? list.dtype() == DType::kVariant : list_of(list) != nullptr) return;
  throw_mismatch(c.op, c.inputs, fmt::format("{} takes a list of tensors.", c.op.name), "what TensorListReserve, EmptyTensorList or TensorListFromTensor gives");
}

DType checked_dtype(const OpRecord& op, const ListContent& list, DType wanted) {
  if (list.dtype != wanted) {
    throw_invalid(op, fmt::format("{} is to give another dtype than the list holds.", op.name), std::string(to_string(list.dtype)), std::string(to_string(wanted)));
  }
  return wanted;
}

std::int64_t one_integer(const OpRecord& op, const Tensor& tensor) {
  if (tensor.size() != 1 || (tensor.dtype() != DType::kInt32 && tensor.dtype() != DType::kInt64)) {
    throw_mismatch(op, {&tensor, 1}, fmt::format("{} needs a number.", op.name), "one int32");
  }
  return index_at(tensor, 0);
}

std::size_t checked_count(const OpRecord& op, std::int64_t count) {
  if (count < 0 || count > kMostItems) throw_invalid(op, fmt::format("{} was asked for an impossible number of items.", op.name), fmt::format("0 to {}", kMostItems), std::to_string(count));
  return static_cast<std::size_t>(count);
}

std::size_t checked_index(const OpRecord& op, std::int64_t index, std::size_t count) {
  if (index < 0 || index >= static_cast<std::int64_t>(count)) {
    throw_invalid(op, fmt::format("{} was given an index outside of the list.", op.name), count == 0 ? "none: the list is empty" : fmt::format("0 to {}", count - 1), std::to_string(index));
  }
  return static_cast<std::size_t>(index);
}

const Tensor& checked_item(const OpRecord& op, const ListContent& list, const Tensor& item) {
  if (item.dtype() != list.dtype || !item.shape().compatible_with(list.element)) {
    throw_mismatch(op, {&item, 1}, fmt::format("{} cannot put this tensor into the list.", op.name), fmt::format("{} {}", to_string(list.dtype), to_string(list.element)));
  }
  return item;
}

// ---- items

// The list, to be changed: itself if nobody looks at it again.
ListContent changed(const Tensor& tensor) {
  TensorList* list = list_of(tensor);
  if (list->may_change) return std::move(list->content);
  return list->content;
}

const ListContent& content(const Tensor& tensor) { return list_of(tensor)->content; }

// The shape of all items: what the list and the op say, else that of another item, as TensorFlow does for items that were never set.
Shape shape_of_items(const OpRecord& op, const ListContent& list, const Shape& asked) {
  auto shape = both(list.element, asked);
  if (!shape) throw_invalid(op, fmt::format("{} is to give items of another shape than the list holds.", op.name), to_string(list.element), to_string(asked));
  if (shape->fully_known()) return *shape;
  const auto set = std::find_if(list.items.begin(), list.items.end(), [](const Tensor& item) { return item.defined(); });
  if (set != list.items.end()) shape = both(*shape, (*set).shape());
  return shape ? *shape : Shape();
}

Tensor item_of(const OpRecord& op, const ListContent& list, std::size_t i, const Shape& shape) {
  const Tensor& item = list.items[i];
  if (!item.defined()) {
    if (!shape.fully_known()) throw_invalid(op, fmt::format("Item {} of a list was never set, and its shape is not known.", i), "a list whose items are set before they are taken", to_string(shape));
    return zeros(shape, list.dtype);
  }
  if (!item.shape().compatible_with(shape)) throw_mismatch(op, {&item, 1}, fmt::format("Item {} of the list has another shape.", i), to_string(shape));
  return item;
}

Tensor joined(const OpRecord& op, std::span<const Tensor> items, const Shape& shape, DType dtype, bool along_new_axis) {
  if (items.empty()) {
    const Shape whole = along_new_axis ? with_first(0, shape) : shape;
    if (!whole.fully_known()) throw_invalid(op, fmt::format("{} takes an empty list whose shape is not known.", op.name), "a known element_shape", to_string(shape));
    return zeros(whole, dtype);
  }
  const Tensor axis = int_scalar(0);
  Tensors parts;
  for (std::size_t i = 0; i < items.size(); i += kAtOnce) {
    const auto some = items.subspan(i, std::min(kAtOnce, items.size() - i));
    if (along_new_axis) {
      parts.push_back(apply(kPack, some, Attrs::of(std::int64_t{0})));
    } else {
      Tensors with_axis(some.begin(), some.end());
      with_axis.push_back(axis);
      parts.push_back(ops::apply(kConcatV2, with_axis));
    }
  }
  if (parts.size() == 1) return parts[0];
  parts.push_back(axis);
  return ops::apply(kConcatV2, parts);
}

// The rows of x.
Tensors rows_of(const OpRecord& op, const Tensor& x) {
  const std::int64_t count = x.shape()[0];
  static_cast<void>(checked_count(op, count));
  Tensors rows;
  for (std::int64_t i = 0; i < count; i += kAtOnce) {
    const std::int64_t end = std::min<std::int64_t>(count, i + static_cast<std::int64_t>(kAtOnce));
    const Tensors some = unstack(end - i == count ? x : slice_axis(x, 0, i, end), 0);
    rows.insert(rows.end(), some.begin(), some.end());
  }
  return rows;
}

void check_rows(const InferContext& c, std::size_t i) {
  if (c.inputs[i].shape().known_rank() && c.inputs[i].rank() == 0) throw_mismatch(c.op, c.inputs, fmt::format("{} needs a tensor with at least one axis.", c.op.name));
}

Tensor list_of_items(const OpRecord& op, DType dtype, const Shape& element, Tensors items) {
  ListContent list{dtype, element, std::move(items)};
  for (const Tensor& item : list.items) static_cast<void>(checked_item(op, list, item));
  return make_list(std::move(list));
}

const OutputSpec kList = {DType::kVariant, Shape::scalar()};

// ---- making lists

void infer_list(const InferContext& c) { c.outputs[0] = kList; }
void infer_changed_list(const InferContext& c) {
  check_list(c, 0);
  c.outputs[0] = kList;
}

void reserve_kernel(const KernelContext& c) {
  c.outputs[0] = make_list({c.attrs.type(0), element_shape(c.op, c.inputs[0]), Tensors(checked_count(c.op, one_integer(c.op, c.inputs[1])))});
}
void empty_kernel(const KernelContext& c) { c.outputs[0] = make_list({c.attrs.type(0), element_shape(c.op, c.inputs[0]), {}}); }

void infer_from_tensor(const InferContext& c) {
  check_rows(c, 0);
  infer_list(c);
}
void from_tensor_kernel(const KernelContext& c) {
  const Tensor& x = c.inputs[0];
  const auto element = both(element_shape(c.op, c.inputs[1]), without_first(x.shape()));
  if (!element) throw_mismatch(c.op, c.inputs.first(1), "The rows are not of the list's shape.", to_string(element_shape(c.op, c.inputs[1])));
  c.outputs[0] = make_list({x.dtype(), *element, rows_of(c.op, x)});
}

// Puts the rows of `values` at `indices`.
void scatter(const OpRecord& op, ListContent& list, const Tensor& values, const Tensor& indices) {
  if (values.rank() == 0 || indices.rank() != 1 || values.shape()[0] != indices.size()) throw_mismatch(op, {&values, 1}, fmt::format("{} needs an index for each row.", op.name), fmt::format("{} rows", indices.size()));
  const Tensors rows = rows_of(op, values);
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const std::int64_t index = index_at(indices, static_cast<std::int64_t>(i));
    if (index >= static_cast<std::int64_t>(list.items.size())) list.items.resize(checked_count(op, index) + 1);
    list.items[checked_index(op, index, list.items.size())] = checked_item(op, list, rows[i]);
  }
}
void infer_scatter(const InferContext& c) {
  check_rows(c, 0);
  check_integers(c, 1);
  infer_list(c);
}
void scatter_kernel(const KernelContext& c) {
  ListContent list{c.inputs[0].dtype(), element_shape(c.op, c.inputs[2]), {}};
  const std::int64_t count = one_integer(c.op, c.inputs[3]);
  if (count > 0) list.items.resize(checked_count(c.op, count));
  scatter(c.op, list, c.inputs[0], c.inputs[1]);
  c.outputs[0] = make_list(std::move(list));
}
void infer_scatter_into(const InferContext& c) {
  check_list(c, 0);
  check_rows(c, 1);
  check_integers(c, 2);
  infer_list(c);
}
void scatter_into_kernel(const KernelContext& c) {
  ListContent list = changed(c.inputs[0]);
  scatter(c.op, list, c.inputs[1], c.inputs[2]);
  c.outputs[0] = make_list(std::move(list));
}

void infer_split_list(const InferContext& c) {
  check_rows(c, 0);
  check_integers(c, 2);
  infer_list(c);
}
void split_list_kernel(const KernelContext& c) {
  const Tensor &x = c.inputs[0], &lengths = c.inputs[2];
  Tensors items;
  std::int64_t begin = 0;
  for (std::int64_t i = 0; i < lengths.size(); ++i) {
    const std::int64_t length = index_at(lengths, i);
    if (length < 0 || length > x.shape()[0] - begin) throw_invalid(c.op, "The lengths do not fit the tensor.", fmt::format("{} in all", x.shape()[0]), std::to_string(length));
    items.push_back(slice_axis(x, 0, begin, begin + length));
    begin += length;
  }
  if (begin != x.shape()[0]) throw_invalid(c.op, "The lengths do not fit the tensor.", fmt::format("{} in all", x.shape()[0]), std::to_string(begin));
  c.outputs[0] = list_of_items(c.op, x.dtype(), element_shape(c.op, c.inputs[1]), std::move(items));
}

// ---- changing lists

void set_item_kernel(const KernelContext& c) {
  ListContent list = changed(c.inputs[0]);
  const std::int64_t index = one_integer(c.op, c.inputs[1]);
  if (c.attrs.boolean(0) && index >= static_cast<std::int64_t>(list.items.size())) list.items.resize(checked_count(c.op, index) + 1);
  list.items[checked_index(c.op, index, list.items.size())] = checked_item(c.op, list, c.inputs[2]);
  c.outputs[0] = make_list(std::move(list));
}
void push_back_kernel(const KernelContext& c) {
  ListContent list = changed(c.inputs[0]);
  static_cast<void>(checked_count(c.op, static_cast<std::int64_t>(list.items.size()) + 1));
  list.items.push_back(checked_item(c.op, list, c.inputs[1]));
  c.outputs[0] = make_list(std::move(list));
}
void infer_pop_back(const InferContext& c) {
  infer_changed_list(c);
  c.outputs[1] = {c.attrs.type(0), element_shape(c.op, c.inputs[1])};
}
void pop_back_kernel(const KernelContext& c) {
  ListContent list = changed(c.inputs[0]);
  static_cast<void>(checked_dtype(c.op, list, c.attrs.type(0)));
  const std::size_t last = checked_index(c.op, static_cast<std::int64_t>(list.items.size()) - 1, list.items.size());
  c.outputs[1] = item_of(c.op, list, last, shape_of_items(c.op, list, element_shape(c.op, c.inputs[1])));
  list.items.pop_back();
  c.outputs[0] = make_list(std::move(list));
}
void resize_kernel(const KernelContext& c) {
  ListContent list = changed(c.inputs[0]);
  list.items.resize(checked_count(c.op, one_integer(c.op, c.inputs[1])));
  c.outputs[0] = make_list(std::move(list));
}

// ---- taking out of lists

void infer_length(const InferContext& c) {
  check_list(c, 0);
  c.outputs[0] = {DType::kInt32, Shape::scalar()};
}
void length_kernel(const KernelContext& c) { c.outputs[0] = int_scalar(static_cast<std::int64_t>(content(c.inputs[0]).items.size())); }

void infer_element_shape(const InferContext& c) {
  check_list(c, 0);
  const TensorList* list = list_of(c.inputs[0]);
  const bool is_vector = list != nullptr && list->content.element.known_rank();
  c.outputs[0] = {index_type(c, 0), list == nullptr ? Shape() : is_vector ? Shape{list->content.element.rank()} : Shape::scalar()};
}
void element_shape_kernel(const KernelContext& c) {
  const Shape& shape = content(c.inputs[0]).element;
  const Tensor sizes = shape.known_rank() ? int_tensor(shape.sizes()) : int_scalar(-1);
  c.outputs[0] = cast(sizes, c.attrs.type(0));
}

void infer_get_item(const InferContext& c) {
  check_list(c, 0);
  c.outputs[0] = {c.attrs.type(0), element_shape(c.op, c.inputs[2])};
}
void get_item_kernel(const KernelContext& c) {
  const ListContent& list = content(c.inputs[0]);
  static_cast<void>(checked_dtype(c.op, list, c.attrs.type(0)));
  const std::size_t index = checked_index(c.op, one_integer(c.op, c.inputs[1]), list.items.size());
  const Shape asked = element_shape(c.op, c.inputs[2]);
  c.outputs[0] = item_of(c.op, list, index, list.items[index].defined() ? asked : shape_of_items(c.op, list, asked));
}

void infer_stack(const InferContext& c) {
  check_list(c, 0);
  const TensorList* list = list_of(c.inputs[0]);
  const std::int64_t count = list != nullptr ? static_cast<std::int64_t>(list->content.items.size()) : c.attrs.integer(1);
  c.outputs[0] = {c.attrs.type(0), with_first(std::max<std::int64_t>(count, Shape::kOpen), element_shape(c.op, c.inputs[1]))};
}
// The items at `places`, each of one shape.
Tensor stacked(const KernelContext& c, const ListContent& list, std::span<const std::size_t> places, const Shape& asked) {
  static_cast<void>(checked_dtype(c.op, list, c.attrs.type(0)));
  const Shape shape = shape_of_items(c.op, list, asked);
  Tensors items;
  items.reserve(places.size());
  for (const std::size_t place : places) items.push_back(item_of(c.op, list, place, shape));
  return joined(c.op, items, shape, list.dtype, true);
}
void stack_kernel(const KernelContext& c) {
  const ListContent& list = content(c.inputs[0]);
  const std::int64_t wanted = c.attrs.integer(1);
  if (wanted >= 0 && wanted != static_cast<std::int64_t>(list.items.size())) throw_invalid(c.op, "The list has another number of items than the op says.", std::to_string(wanted), std::to_string(list.items.size()));
  std::vector<std::size_t> places(list.items.size());
  for (std::size_t i = 0; i < places.size(); ++i) places[i] = i;
  c.outputs[0] = stacked(c, list, places, element_shape(c.op, c.inputs[1]));
}

void infer_gather_list(const InferContext& c) {
  check_list(c, 0);
  check_integers(c, 1);
  const std::int64_t count = c.inputs[1].shape().rank() == 1 ? c.inputs[1].shape()[0] : Shape::kOpen;
  c.outputs[0] = {c.attrs.type(0), with_first(count, element_shape(c.op, c.inputs[2]))};
}
void gather_list_kernel(const KernelContext& c) {
  const ListContent& list = content(c.inputs[0]);
  std::vector<std::size_t> places;
  for (std::int64_t i = 0; i < c.inputs[1].size(); ++i) places.push_back(checked_index(c.op, index_at(c.inputs[1], i), list.items.size()));
  c.outputs[0] = stacked(c, list, places, element_shape(c.op, c.inputs[2]));
}

void infer_concat_list(const InferContext& c) {
  check_list(c, 0);
  const Shape element = element_shape(c.op, c.inputs[1]);
  c.outputs[0] = {c.attrs.type(0), element.rank() > 0 ? with_first(Shape::kOpen, without_first(element)) : Shape()};
  c.outputs[1] = {DType::kInt64, {Shape::kOpen}};
}
void concat_list_kernel(const KernelContext& c) {
  const ListContent& list = content(c.inputs[0]);
  static_cast<void>(checked_dtype(c.op, list, c.attrs.type(0)));
  const auto asked = both(list.element, element_shape(c.op, c.inputs[1]));
  Shape shape = asked ? *asked : Shape();
  Tensors items;
  std::vector<std::int64_t> lengths;
  for (std::size_t i = 0; i < list.items.size(); ++i) {
    Shape own = shape;
    if (!list.items[i].defined() && own.rank() > 0 && own[0] == Shape::kOpen && static_cast<std::int64_t>(i) < c.inputs[2].size()) own.set(0, index_at(c.inputs[2], static_cast<std::int64_t>(i)));
    items.push_back(item_of(c.op, list, i, own));
    if (items.back().rank() == 0) throw_mismatch(c.op, {&items.back(), 1}, "Scalars cannot be joined.", "items with at least one axis");
    lengths.push_back(items.back().shape()[0]);
  }
  if (items.empty() && shape.rank() > 0) shape.set(0, 0);
  c.outputs[0] = joined(c.op, items, shape, list.dtype, false);
  c.outputs[1] = Tensor::of<std::int64_t>(lengths, {static_cast<std::int64_t>(lengths.size())});
}
void infer_concat_checked(const InferContext& c) {
  check_integers(c, 2);
  infer_concat_list(c);
}

using Name = std::string_view;
constexpr Name kHandle[] = {"handle"}, kOutputHandle[] = {"output_handle"}, kItem[] = {"item"}, kTensor[] = {"tensor"}, kValues[] = {"values"}, kLength[] = {"length"}, kElementShape[] = {"element_shape"};
constexpr Name kHandleTensor[] = {"output_handle", "tensor"}, kTensorLengths[] = {"tensor", "lengths"};
constexpr Name kInReserve[] = {"element_shape", "num_elements"}, kInEmpty[] = {"element_shape", "max_num_elements"}, kInFrom[] = {"tensor", "element_shape"};
constexpr Name kInScatter[] = {"tensor", "indices", "element_shape", "num_elements"}, kInScatterInto[] = {"input_handle", "tensor", "indices"};
constexpr Name kInSplit[] = {"tensor", "element_shape", "lengths"}, kInSet[] = {"input_handle", "index", "item"}, kInPush[] = {"input_handle", "tensor"};
constexpr Name kInShape[] = {"input_handle", "element_shape"}, kInResize[] = {"input_handle", "size"}, kInList[] = {"input_handle"};
constexpr Name kInGet[] = {"input_handle", "index", "element_shape"}, kInGather[] = {"input_handle", "indices", "element_shape"}, kInConcat[] = {"input_handle", "element_shape", "leading_dims"};
constexpr AttrDef kElementDType[] = {{"element_dtype", AttrKind::kType}};
constexpr AttrDef kStackAttrs[] = {{"element_dtype", AttrKind::kType}, {.name = "num_elements", .kind = AttrKind::kInt, .fallback = -1}};
constexpr AttrDef kSetAttrs[] = {{"resize_if_index_out_of_bounds", AttrKind::kBool}};
constexpr AttrDef kShapeType[] = {{"shape_type", AttrKind::kType}};
constexpr TypeAttr kShapeFirst[] = {{"shape_type", 0}}, kShapeSecond[] = {{"shape_type", 1}};
constexpr TypeAttr kOfTensor[] = {{"element_dtype", 0}, {"shape_type", 1}}, kOfScatter[] = {{"element_dtype", 0}, {"shape_type", 2}};
constexpr TypeAttr kOfItem[] = {{"element_dtype", 2}}, kOfPushed[] = {{"element_dtype", 1}};

}  // namespace

Tensor make_list(ListContent content) { return Tensor::holding(base::RefPtr<Producer>::adopt(std::make_unique<TensorList>(std::move(content)).release())); }

const ListContent* list_content(const Tensor& tensor) {
  const TensorList* list = list_of(tensor);
  return list == nullptr ? nullptr : &list->content;
}

void let_list_change(const Tensor& tensor) {
  if (TensorList* list = list_of(tensor); list != nullptr && tensor.exclusive()) list->may_change = true;
}

#define NAMESAKE_LIST_OP(record, op, in, out, attributes, type_list, shape_rule, run_it) \
  constinit const OpRecord record = {.name = op, .input_names = in, .output_names = out, .attrs = attributes, .types = type_list, .infer = shape_rule, .kernel = run_it, .makes_views = true, .blocks_gradient = true}
constexpr std::span<const AttrDef> kNoAttrs;
constexpr std::span<const TypeAttr> kNoTypes;
NAMESAKE_LIST_OP(kEmptyTensorList, "EmptyTensorList", kInEmpty, kHandle, kElementDType, kShapeFirst, infer_list, empty_kernel);
NAMESAKE_LIST_OP(kTensorListConcatV2, "TensorListConcatV2", kInConcat, kTensorLengths, kElementDType, kShapeSecond, infer_concat_checked, concat_list_kernel);
NAMESAKE_LIST_OP(kTensorListElementShape, "TensorListElementShape", kInList, kElementShape, kShapeType, kNoTypes, infer_element_shape, element_shape_kernel);
NAMESAKE_LIST_OP(kTensorListFromTensor, "TensorListFromTensor", kInFrom, kOutputHandle, kNoAttrs, kOfTensor, infer_from_tensor, from_tensor_kernel);
NAMESAKE_LIST_OP(kTensorListGather, "TensorListGather", kInGather, kValues, kElementDType, kNoTypes, infer_gather_list, gather_list_kernel);
NAMESAKE_LIST_OP(kTensorListGetItem, "TensorListGetItem", kInGet, kItem, kElementDType, kNoTypes, infer_get_item, get_item_kernel);
NAMESAKE_LIST_OP(kTensorListLength, "TensorListLength", kInList, kLength, kNoAttrs, kNoTypes, infer_length, length_kernel);
NAMESAKE_LIST_OP(kTensorListPopBack, "TensorListPopBack", kInShape, kHandleTensor, kElementDType, kNoTypes, infer_pop_back, pop_back_kernel);
NAMESAKE_LIST_OP(kTensorListPushBack, "TensorListPushBack", kInPush, kOutputHandle, kNoAttrs, kOfPushed, infer_changed_list, push_back_kernel);
NAMESAKE_LIST_OP(kTensorListReserve, "TensorListReserve", kInReserve, kHandle, kElementDType, kShapeFirst, infer_list, reserve_kernel);
NAMESAKE_LIST_OP(kTensorListResize, "TensorListResize", kInResize, kOutputHandle, kNoAttrs, kNoTypes, infer_changed_list, resize_kernel);
NAMESAKE_LIST_OP(kTensorListScatterIntoExistingList, "TensorListScatterIntoExistingList", kInScatterInto, kOutputHandle, kNoAttrs, kOfPushed, infer_scatter_into, scatter_into_kernel);
NAMESAKE_LIST_OP(kTensorListScatterV2, "TensorListScatterV2", kInScatter, kOutputHandle, kNoAttrs, kOfScatter, infer_scatter, scatter_kernel);
NAMESAKE_LIST_OP(kTensorListSetItem, "TensorListSetItem", kInSet, kOutputHandle, kSetAttrs, kOfItem, infer_changed_list, set_item_kernel);
NAMESAKE_LIST_OP(kTensorListSplit, "TensorListSplit", kInSplit, kOutputHandle, kNoAttrs, kOfTensor, infer_split_list, split_list_kernel);
NAMESAKE_LIST_OP(kTensorListStack, "TensorListStack", kInShape, kTensor, kStackAttrs, kNoTypes, infer_stack, stack_kernel);

}  // namespace namesake::ops
