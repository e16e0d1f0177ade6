// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "base/random.h"
#include "base/result.h"

namespace aloft::azure::internal {

/// What a client assertion says.
struct AssertionClaims {
  std::string_view audience;   ///< The token endpoint's URL.
  std::string_view client_id;  ///< Issuer and subject.
  std::chrono::system_clock::time_point now;
};

/// Proves to Entra ID that this program has the private key of a certificate: a JSON web token
/// (RFC 7523), signed by PS256, with the certificate's SHA-256 thumbprint, valid for ten minutes,
/// as https://learn.microsoft.com/entra/identity-platform/certificate-credentials says.
///
/// The file is PEM and holds an RSA key, encrypted or not, and its certificate in any order; others
/// may be in it. Fails with not_found where there is none; with permission_denied where it belongs
/// to somebody else or is open to others, or its password is wrong; with invalid_argument for a
/// file that does not hold both.
Result<std::string> make_client_assertion(const std::string& certificate_file,
                                          const std::string& password,
                                          const AssertionClaims& claims, Random& random);

}  // namespace aloft::azure::internal
