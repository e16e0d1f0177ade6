// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <vector>

#include "emulator/blob/content.h"

namespace aloft::emulator::blob {

/// Where the bytes of an append or page blob are: slices at offsets, with gaps that read as zeros.
/// A value that never changes; a changed one shares with it all that stayed, so that an edit costs
/// the logarithm of the number of slices in time and memory, and a copy costs nothing. Safe from
/// any thread.
class SliceMap {
 public:
  struct Extent {
    std::uint64_t offset = 0;
    Slice slice;
    std::uint64_t end() const { return offset + slice.length_bytes; }
  };

  SliceMap() = default;

  /// As this one, but the range holds these slices, which fill it; without slices it is a gap.
  SliceMap with(std::uint64_t offset, std::uint64_t length_bytes,
                std::span<const Slice> slices) const;

  /// The range, with gaps as slices of zeros.
  std::vector<Slice> slices(std::uint64_t offset, std::uint64_t length_bytes) const;

  /// What touches the range, in order, cut off at its ends.
  using Visitor = std::function<void(const Extent&)>;
  void visit(std::uint64_t offset, std::uint64_t length_bytes, const Visitor& visitor) const;
  /// All of it, in order.
  void visit(const Visitor& visitor) const;

  std::size_t count() const;

 private:
  struct Node;
  using Tree = std::shared_ptr<const Node>;
  struct Halves;
  explicit SliceMap(Tree root) : root_(std::move(root)) {}

  static std::size_t count_of(const Tree& tree);
  static Tree make(Extent extent, Tree left, Tree right);
  static Tree merge(const Tree& left, const Tree& right);
  static Halves split(const Tree& tree, std::uint64_t at);
  static void visit_tree(const Node* node, std::uint64_t begin, std::uint64_t end,
                         const Visitor& visitor);

  Tree root_;
};

}  // namespace aloft::emulator::blob
