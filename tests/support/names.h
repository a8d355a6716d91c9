// What tests of names share: the paths of weights, and collisions.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "namesake/base/error.h"
#include "namesake/nn/layer.h"

namespace namesake::testing {

/// The error that `make` meets, which names both places and a fix; fails the test if there is none.
template <class Make>
NameCollision collision_of(Make make) {
  try {
    make();
  } catch (const NameCollision& collision) {
    EXPECT_EQ(collision.places().size(), 2u) << collision.what();
    for (const Place& place : collision.places()) EXPECT_TRUE(place.site.known()) << collision.what();
    EXPECT_FALSE(collision.fix().empty()) << collision.what();
    return collision;
  }
  ADD_FAILURE() << "nothing was refused";
  return NameCollision({});
}

/// Of the weights, in their order.
inline std::vector<std::string> paths(const Layer& layer) {
  std::vector<std::string> all;
  for (const NamedWeight& weight : layer.named_weights()) all.push_back(weight.path);
  return all;
}

}  // namespace namesake::testing
