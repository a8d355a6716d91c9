// Keras's own formats store weights by class and position (`layers/dense_1/vars/0`), not by name; but files of Keras 3.6 and
// later keep each layer's name beside its weights. This is the rule that tells a harmless drift of automatic names
// (`dense_7` where this process says `dense`) from weights that stand at another layer's place.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "namesake/base/export.h"
#include "namesake/tensor/shape.h"

namespace namesake::formats {

/// A layer's place among the layers of one parent, in the file or in the model.
struct LayerSlot {
  std::string class_name;     // in snake case, as the container's key begins
  std::vector<Shape> shapes;  // of its weights
  std::string name;           // "" in the file: not stored
};

enum class SlotMatch {
  kEqual,                     // one name
  kNotStored,                 // matched by position: the file keeps no names
  kNoTwin,                    // other names, but no other layer has this class and these shapes: nothing to swap with
  kDrift,                     // both automatic, in the same order
  kAutomaticAgainstExplicit,  // matched by position
  kPermuted,                  // error: the stored name is that of another layer like it
  kOtherOrder,                // error: both automatic, in another order
  kDifferentNames,            // error: two names that were given, and differ
};

[[nodiscard]] NAMESAKE_API bool is_error(SlotMatch match) noexcept;
/// A few words for messages.
[[nodiscard]] NAMESAKE_API const char* to_string(SlotMatch match) noexcept;

/// How slot i of the file goes with slot i of the model. Both lists have one length; classes and shapes are compared elsewhere.
[[nodiscard]] NAMESAKE_API std::vector<SlotMatch> match_slots(std::span<const LayerSlot> file, std::span<const LayerSlot> model);

}  // namespace namesake::formats
