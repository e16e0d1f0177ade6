// SPDX-License-Identifier: Apache-2.0
#include "emulator/blob/slice_map.h"

#include <algorithm>
#include <limits>

namespace aloft::emulator::blob {

namespace {

/// Spreads offsets evenly over all numbers (the finalizer of SplitMix64), so that the tree is
/// balanced whatever the order of the edits, and the same for the same extents.
std::uint64_t priority_of(std::uint64_t offset) {
  std::uint64_t mixed = offset + 0x9E3779B97F4A7C15;
  mixed = (mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9;
  mixed = (mixed ^ (mixed >> 27)) * 0x94D049BB133111EB;
  return mixed ^ (mixed >> 31);
}

SliceMap::Extent cut(const SliceMap::Extent& extent, std::uint64_t begin, std::uint64_t end) {
  const std::uint64_t first = std::max(begin, extent.offset);
  const std::uint64_t last = std::min(end, extent.end());
  return {.offset = first,
          .slice = {.content = extent.slice.content,
                    .offset = extent.slice.offset + (first - extent.offset),
                    .length_bytes = last - first}};
}

}  // namespace

/// A treap: ordered by offset, and a heap by priority. Extents do not overlap.
struct SliceMap::Node {
  Extent extent;
  std::uint64_t priority;
  std::size_t count;
  Tree left;
  Tree right;
};

struct SliceMap::Halves {
  Tree left;
  Tree right;
};

std::size_t SliceMap::count_of(const Tree& tree) {
  return tree ? tree->count : 0;
}

SliceMap::Tree SliceMap::make(Extent extent, Tree left, Tree right) {
  const std::uint64_t priority = priority_of(extent.offset);
  const std::size_t count = 1 + count_of(left) + count_of(right);
  return std::make_shared<const Node>(Node{.extent = std::move(extent),
                                           .priority = priority,
                                           .count = count,
                                           .left = std::move(left),
                                           .right = std::move(right)});
}

SliceMap::Tree SliceMap::merge(const Tree& left, const Tree& right) {
  if (!left) return right;
  if (!right) return left;
  if (left->priority > right->priority) {
    return make(left->extent, left->left, merge(left->right, right));
  }
  return make(right->extent, merge(left, right->left), right->right);
}

SliceMap::Halves SliceMap::split(const Tree& tree, std::uint64_t at) {
  if (!tree) return {};
  const Extent& extent = tree->extent;
  if (extent.offset >= at) {
    Halves halves = split(tree->left, at);
    return {.left = halves.left, .right = make(extent, halves.right, tree->right)};
  }
  if (extent.end() <= at) {
    Halves halves = split(tree->right, at);
    return {.left = make(extent, tree->left, halves.left), .right = halves.right};
  }
  const Tree before = make(cut(extent, extent.offset, at), {}, {});
  const Tree behind = make(cut(extent, at, extent.end()), {}, {});
  return {.left = merge(tree->left, before), .right = merge(behind, tree->right)};
}

SliceMap SliceMap::with(std::uint64_t offset, std::uint64_t length_bytes,
                        std::span<const Slice> slices) const {
  CHECK(slices.empty() || total_length(slices) == length_bytes);
  const Halves front = split(root_, offset);
  const Halves rest = split(front.right, offset + length_bytes);
  Tree all = front.left;
  for (const Slice& slice : slices) {
    if (slice.length_bytes == 0) continue;
    all = merge(all, make({.offset = offset, .slice = slice}, {}, {}));
    offset += slice.length_bytes;
  }
  return SliceMap(merge(all, rest.right));
}

void SliceMap::visit_tree(const Node* node, std::uint64_t begin, std::uint64_t end,
                          const Visitor& visitor) {
  if (node == nullptr) return;
  if (begin < node->extent.offset) visit_tree(node->left.get(), begin, end, visitor);
  if (node->extent.offset < end && begin < node->extent.end()) {
    visitor(cut(node->extent, begin, end));
  }
  if (node->extent.end() < end) visit_tree(node->right.get(), begin, end, visitor);
}

void SliceMap::visit(std::uint64_t offset, std::uint64_t length_bytes,
                     const Visitor& visitor) const {
  visit_tree(root_.get(), offset, offset + length_bytes, visitor);
}

void SliceMap::visit(const Visitor& visitor) const {
  visit(0, std::numeric_limits<std::uint64_t>::max(), visitor);
}

std::vector<Slice> SliceMap::slices(std::uint64_t offset, std::uint64_t length_bytes) const {
  std::vector<Slice> part;
  const std::uint64_t end = offset + length_bytes;
  const auto add_gap = [&](std::uint64_t until) {
    if (until > offset) part.push_back({.length_bytes = until - offset});
  };
  visit(offset, length_bytes, [&](const Extent& extent) {
    add_gap(extent.offset);
    part.push_back(extent.slice);
    offset = extent.end();
  });
  add_gap(end);
  return part;
}

std::size_t SliceMap::count() const {
  return count_of(root_);
}

}  // namespace aloft::emulator::blob
