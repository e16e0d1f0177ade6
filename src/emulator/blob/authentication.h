// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "emulator/blob/blob.h"
#include "emulator/blob/service_error.h"
#include "emulator/blob/target.h"
#include "emulator/identity/token_issuer.h"
#include "emulator/wire/dates.h"
#include "http/server.h"

namespace aloft::emulator::blob {

/// The one account of the emulator.
struct Account {
  std::string name;
  std::string key;  ///< Decoded.
  /// Whose bearer tokens open the account; outlives the service. Null: nobody's.
  const identity::TokenIssuer* tokens = nullptr;
  bool hierarchical_namespace = false;  ///< Then a SAS may be for a directory.
};

/// What an operation needs of a SAS: any one of `permissions` on a service, container or object.
struct Access {
  enum class On { service, container, object };
  On on = On::object;
  std::string_view permissions{};
  /// Further ones that do in SAS of kSasCreatesFromBlocks and later.
  std::string_view permissions_later{};
  /// Whether a service SAS of a container may do it too: List Blobs and Get Account Information
  /// alone, among those on containers.
  bool by_container_sas = false;
  /// Of a listing: the parameter that says what it stays within ("prefix", "directory"), so that
  /// the SAS of a directory may open it. Others on a container are about all of it.
  std::string_view within{};
  /// Whether anybody may do it where a container is public.
  bool is_public = false;
};

/// What a request may do, once it has shown who it is.
struct Authority {
  enum class Kind { shared_key, bearer, account_sas, service_sas, anonymous };
  Kind kind = Kind::shared_key;
  std::string permissions{};  ///< Of a SAS, or of anybody.
  /// Whose is what this request makes, in a hierarchical namespace.
  std::string who{kSuperUser};

  /// The key's, or that of the emulator's identity, which has the role of an owner of the data.
  bool is_whole_account() const { return kind == Kind::shared_key || kind == Kind::bearer; }

  bool may(char permission) const {
    return is_whole_account() || permissions.find(permission) != std::string::npos;
  }
};

/// Checks Shared Key, bearer token or SAS, and that they allow `access`; without any of them,
/// whether the container lets anybody in. Shared Key: within 15 minutes of `now`. `container`,
/// where there is one, has stored access policies and public access.
Outcome<Authority> authenticate(const Account& account, const http::Request& request,
                                const Target& target, const Access& access, Seconds now,
                                const Container* container = nullptr);

/// Where a request comes from, how, and with what: a SAS may ask for each. Valid as long as the
/// request.
struct Peer {
  std::string_view address;  ///< "127.0.0.1"
  const http::Headers& headers;
  bool over_tls = false;
  std::string_view user{};  ///< Who also brings a token; empty: nobody.
};

inline Peer peer_of(const http::Request& request, std::string_view user = {}) {
  return {.address = request.peer_address,
          .headers = request.headers,
          .over_tls = request.over_tls,
          .user = user};
}

/// Checks the SAS in the target's query alone: for the URL of a copy's source.
Outcome<Authority> authenticate_sas(const Account& account, const Target& target,
                                    const Access& access, const Peer& peer, Seconds now,
                                    const Container* container = nullptr);

/// Checks "Bearer TOKEN", of a request or for a copy's source.
Outcome<Authority> authenticate_bearer(const Account& account, std::string_view authorization);

}  // namespace aloft::emulator::blob
