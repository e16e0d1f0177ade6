// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "emulator/blob/service_error.h"

// Owner, group, permissions and ACLs as accounts with a hierarchical namespace have them ("Access
// control lists (ACLs) in Azure Data Lake Storage"). The emulator keeps, inherits and shows them;
// it enforces nothing, since each of its callers is a super-user or has a SAS, which Azure does not
// check against ACLs either.
namespace aloft::emulator::blob {

/// Who made things with the account's key.
inline constexpr std::string_view kSuperUser = "$superuser";

/// Read 4, write 2, execute 1.
using AccessBits = unsigned;

struct AclEntry {
  enum class Type { user, group, mask, other };
  bool is_default = false;  ///< Of a directory: for what is made in it.
  Type type = Type::user;
  std::string id{};  ///< Empty: the owner or the owning group.
  AccessBits bits = 0;
};
using Acl = std::vector<AclEntry>;

struct AccessControl {
  std::string owner{};
  std::string group{};
  /// In the order in which it is shown: access before default, by type and id. Those of owner,
  /// owning group and others are always there; a mask wherever a user or group is named.
  Acl acl{};
  bool is_sticky = false;
};

/// As chmod takes them.
struct Permissions {
  unsigned mode = 0;  ///< 0 to 0777.
  bool is_sticky = false;
};
/// "0750", "1750", "rwxr-x---", "rwxr-x--T", with or without "+".
std::optional<Permissions> parse_permissions(std::string_view text);
/// As x-ms-permissions shows them: "rwxr-x---", with "+" where the ACL says more.
std::string format_permissions(const AccessControl& access);

/// "user::rwx,user:ID:r-x,group::r-x,mask::r-x,other::---,default:user::rwx"; without bits where
/// entries are to be removed. Nothing for what is no such list or names an entry twice.
enum class AclText { with_bits, without_bits };
std::optional<Acl> parse_acl(std::string_view text, AclText kind = AclText::with_bits);
std::string format_acl(const Acl& acl);

AccessControl with_permissions(AccessControl access, const Permissions& permissions);

/// As Set Access Control Recursive has it: all entries anew, some anew, or some removed.
enum class AclEdit { set, modify, remove };
/// Default entries are for directories alone: ignored elsewhere. Fails with invalid_header_value
/// where one of owner, owning group and others would be missing.
Outcome<AccessControl> with_acl(AccessControl access, const Acl& entries, AclEdit edit,
                                bool is_directory);

/// What a request says of the access to what it makes; the rest comes from the directory it is in.
struct NewAccess {
  std::string creator{kSuperUser};
  std::optional<std::string> owner{};
  std::optional<std::string> group{};
  std::optional<Permissions> permissions{};
  std::optional<unsigned> umask{};
  std::optional<Acl> acl{};
};
/// Of a new file or directory. A default ACL of the parent counts, and the umask where it has none;
/// the owning group is the parent's.
Outcome<AccessControl> new_access(const AccessControl& parent, const NewAccess& wanted,
                                  bool is_directory);
/// Of the root of a new container.
AccessControl root_access(std::string_view creator);

}  // namespace aloft::emulator::blob
