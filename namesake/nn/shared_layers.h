// SharedLayers: while one lives, layers that stand at several places of a model (in an inner model and beside it) get one number in
// configs, Keras's `shared_object_id`, and come back as one layer. (Keras 3.15 opens no such file, its own neither: the calls of such a layer
// are counted in both models at once.) One for a whole document; one inside another does nothing.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <unordered_map>

#include "namesake/nn/layer.h"

namespace namesake::nn {

class NAMESAKE_API SharedLayers {
 public:
  /// For writing `root`: looks for what it holds more than once.
  explicit SharedLayers(const LayerBase& root);
  /// For reading.
  SharedLayers();
  ~SharedLayers();
  SharedLayers(const SharedLayers&) = delete;
  SharedLayers& operator=(const SharedLayers&) = delete;

  /// A layer that stands at several places below `root`; null if there is none.
  [[nodiscard]] static const LayerBase* first_in(const LayerBase& root);
  /// The number of a layer being written; nothing if it stands once.
  [[nodiscard]] static std::optional<std::int64_t> number_of(const LayerBase& layer);
  /// The layer read before under this number; null if this is the first.
  [[nodiscard]] static std::shared_ptr<LayerBase> find(std::int64_t number);
  static void remember(std::int64_t number, const std::shared_ptr<LayerBase>& layer);

 private:
  void count(const LayerBase& layer);

  bool outermost_;
  std::unordered_map<const LayerBase*, int> places_;
  std::unordered_map<const LayerBase*, std::int64_t> numbers_;
  std::unordered_map<std::int64_t, std::shared_ptr<LayerBase>> made_;
};

}  // namespace namesake::nn
