#include "namesake/nn/shared_layers.h"

#include <unordered_set>

namespace namesake::nn {
namespace {
thread_local constinit SharedLayers* document = nullptr;
}

SharedLayers::SharedLayers() : outermost_(document == nullptr) {
  if (outermost_) document = this;
}

SharedLayers::SharedLayers(const LayerBase& root) : SharedLayers() {
  if (outermost_) count(root);
}

SharedLayers::~SharedLayers() {
  if (outermost_) document = nullptr;
}

// A layer's places are its owners; the numbers follow the order in which they are met, so that a file is the same each time.
void SharedLayers::count(const LayerBase& layer) {
  std::unordered_set<const LayerBase*> here;
  for (const ChildLayer& child : layer.children()) {
    if (!here.insert(child.layer.get()).second) continue;
    const int places = ++places_[child.layer.get()];
    if (places == 1) count(*child.layer);
    if (places == 2) numbers_.emplace(child.layer.get(), static_cast<std::int64_t>(numbers_.size()) + 1);
  }
}

const LayerBase* SharedLayers::first_in(const LayerBase& root) {
  const SharedLayers found(root);
  for (const auto& [layer, number] : found.numbers_) {
    if (number == 1) return layer;
  }
  return nullptr;
}

std::optional<std::int64_t> SharedLayers::number_of(const LayerBase& layer) {
  if (document == nullptr) return std::nullopt;
  const auto found = document->numbers_.find(&layer);
  return found == document->numbers_.end() ? std::nullopt : std::optional(found->second);
}

std::shared_ptr<LayerBase> SharedLayers::find(std::int64_t number) {
  if (document == nullptr) return nullptr;
  const auto found = document->made_.find(number);
  return found == document->made_.end() ? nullptr : found->second;
}

void SharedLayers::remember(std::int64_t number, const std::shared_ptr<LayerBase>& layer) {
  if (document != nullptr) document->made_.emplace(number, layer);
}

}  // namespace namesake::nn
