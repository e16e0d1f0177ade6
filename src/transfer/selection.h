// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "transfer/tree.h"

namespace aloft::transfer {

/// Which part of a tree is meant: the rules of --include and --exclude, as grep(1) orders them and
/// gitignore(5) writes them.
///
/// The last rule that matches decides. Where none does, everything is taken, unless the first rule
/// is an include: then only what rules take. A pattern (glob.h) without "/" matches a name anywhere
/// below the root, one with "/" the path from the root on; with a final "/" it matches directories
/// alone. What matches a directory matches all that is in it.
class Selection {
 public:
  enum class Effect { include, exclude };
  struct Rule {
    Effect effect;
    std::string pattern;
  };

  Selection() = default;
  /// Fails with invalid_argument for a pattern that can match nothing.
  static Result<Selection> of(std::vector<Rule> rules);

  /// Nothing is left out.
  bool takes_all() const { return rules_.empty(); }
  /// `path` is below the root, not the root itself; of a tree that is one file, its name.
  bool takes(std::string_view path, FileKind kind) const;
  /// False if nothing in the directory `path` can be taken.
  bool enters(std::string_view path) const;

 private:
  struct Parsed {
    Effect effect;
    std::string pattern;  // Without "/" at either end.
    bool anchored;        // Else it matches names.
    bool directories_only;
  };
  static bool matches(const Parsed& rule, std::string_view path, bool is_directory);
  /// The index of the last rule that matches `path` or a directory above it; -1: none.
  std::ptrdiff_t deciding(std::string_view path, bool is_directory) const;

  std::vector<Parsed> rules_;  // In the order given.
};

/// As tree.walk(), but only what `selection` takes is found, and the directories above it. A
/// directory that is left out is not read where that can be avoided, and so fails for nobody.
Result<void> walk_selected(Tree& tree, std::string_view root, const Selection& selection,
                           const Visitor& visitor, const Limits& limits);

}  // namespace aloft::transfer
