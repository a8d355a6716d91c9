// Lists of tensors, TensorFlow's TensorList: what loops of graphs gather their results in. A list is a scalar of dtype "variant". Its items
// are handed on as they are, so that a tape sees through the list: gradients flow between what was put in and what is taken out.
#pragma once

#include "namesake/base/export.h"
#include "namesake/ops/op.h"

namespace namesake::ops {

/// What a list holds.
struct ListContent {
  DType dtype = DType::kInvalid;
  Shape element;  // of the items, as far as it is known
  Tensors items;  // undefined ones were never set: zeros
};

[[nodiscard]] NAMESAKE_API Tensor make_list(ListContent content);
/// Nothing if `tensor` is no list that has a value. Valid as long as the tensor.
[[nodiscard]] NAMESAKE_API const ListContent* list_content(const Tensor& tensor);
/// The op that takes `list` next may change it rather than copy it. For a caller that will not look at it again; does nothing if others
/// hold the list.
NAMESAKE_API void let_list_change(const Tensor& list);

extern NAMESAKE_API const OpRecord kEmptyTensorList;
extern NAMESAKE_API const OpRecord kTensorListConcatV2;
extern NAMESAKE_API const OpRecord kTensorListElementShape;
extern NAMESAKE_API const OpRecord kTensorListFromTensor;
extern NAMESAKE_API const OpRecord kTensorListGather;
extern NAMESAKE_API const OpRecord kTensorListGetItem;
extern NAMESAKE_API const OpRecord kTensorListLength;
extern NAMESAKE_API const OpRecord kTensorListPopBack;
extern NAMESAKE_API const OpRecord kTensorListPushBack;
extern NAMESAKE_API const OpRecord kTensorListReserve;
extern NAMESAKE_API const OpRecord kTensorListResize;
extern NAMESAKE_API const OpRecord kTensorListScatterIntoExistingList;
extern NAMESAKE_API const OpRecord kTensorListScatterV2;
extern NAMESAKE_API const OpRecord kTensorListSetItem;
extern NAMESAKE_API const OpRecord kTensorListSplit;
extern NAMESAKE_API const OpRecord kTensorListStack;

}  // namespace namesake::ops
