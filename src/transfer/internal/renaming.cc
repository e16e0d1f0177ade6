// SPDX-License-Identifier: Apache-2.0
#include "transfer/internal/renaming.h"

#include "transfer/create_directory.h"

namespace aloft::transfer {

namespace {

bool is_directory(const Located& located) {
  return located.entry.kind() == FileKind::directory;
}

Result<bool> may_rename(const PlacedCopy& copy, const Limits& limits) {
  const Located& source = copy.source;
  const Located& target = copy.target;
  if (!source.object || !target.object || !source.entry.object) return false;
  if (source.object->store().name() != target.object->store().name()) return false;
  if (source.path.empty() || target.path.empty()) return false;
  // What is in both comes together.
  if (target.exists && (is_directory(source) || is_directory(target))) return false;
  return source.object->store().hierarchical(limits);
}

}  // namespace

Result<bool> rename_placed(const PlacedCopy& copy, const Limits& limits) {
  if (!TRY(may_rename(copy, limits))) return false;
  ObjectTree& tree = *copy.target.object;
  const bool replaces = copy.target.exists;
  const std::string key =
      replaces ? copy.target.entry.key : TRY(key_for(copy.target.path, copy.target.shown()));
  RenameRequest request{.from = copy.source.entry.object->key, .to = key};
  if (replaces) {
    request.conditions.if_match = copy.target.entry.object->etag;
  } else {
    request.conditions.if_none_match = "*";
  }
  auto renamed = tree.store().rename(request, limits);
  if (!renamed && renamed.error().code == ErrorCode::not_found && !replaces) {
    // Where it is the source that is missing, nothing is made for it.
    TRY(tree.store().head(request.from, limits));
    const std::string parent(parent_of(copy.target.path));
    if (!parent.empty()) TRY(create_directory(tree, parent, {.parents = true}, limits));
    renamed = tree.store().rename(request, limits);
  }
  if (renamed) return true;
  switch (renamed.error().code) {
    case ErrorCode::already_exists:       // Somebody else came first,
    case ErrorCode::precondition_failed:  // or changed what is replaced:
    case ErrorCode::unsupported:          // copies know what to do.
      return false;
    default:
      return fail(std::move(renamed).error());
  }
}

}  // namespace aloft::transfer
