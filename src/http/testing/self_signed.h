// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <cstdio>
#include <memory>
#include <string>

#include "base/error.h"

namespace aloft::http {

template <auto Free>
struct FreeBy {
  template <class T>
  void operator()(T* object) const {
    Free(object);
  }
};

/// For tests: who a TLS server says it is.
struct SelfSigned {
  std::unique_ptr<EVP_PKEY, FreeBy<EVP_PKEY_free>> key;
  std::unique_ptr<X509, FreeBy<X509_free>> certificate;
};

/// A certificate for `names` ("IP:127.0.0.1") that signs itself, valid for an hour.
inline SelfSigned make_self_signed(const char* names) {
  SelfSigned made;
  made.key.reset(EVP_EC_gen("P-256"));
  made.certificate.reset(X509_new());
  X509* const x509 = made.certificate.get();
  X509_set_version(x509, 2);
  ASN1_INTEGER_set(X509_get_serialNumber(x509), 1);
  X509_gmtime_adj(X509_getm_notBefore(x509), -60);
  X509_gmtime_adj(X509_getm_notAfter(x509), 3600);
  X509_set_pubkey(x509, made.key.get());
  X509_NAME* const name = X509_get_subject_name(x509);
  X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
                             reinterpret_cast<const unsigned char*>("aloft test"), -1, -1, 0);
  X509_set_issuer_name(x509, name);
  X509_EXTENSION* const extension =
      X509V3_EXT_conf_nid(nullptr, nullptr, NID_subject_alt_name, names);
  CHECK(extension != nullptr && X509_add_ext(x509, extension, -1) == 1);
  X509_EXTENSION_free(extension);
  CHECK(X509_sign(x509, made.key.get(), EVP_sha256()) > 0);
  return made;
}

/// PEM, as ClientOptions::authorities_file and ServerOptions take it.
inline void write_certificate(const SelfSigned& identity, const std::string& path) {
  const std::unique_ptr<FILE, FreeBy<std::fclose>> file(std::fopen(path.c_str(), "w"));
  CHECK(file != nullptr && PEM_write_X509(file.get(), identity.certificate.get()) == 1);
}
inline void write_key(const SelfSigned& identity, const std::string& path) {
  const std::unique_ptr<FILE, FreeBy<std::fclose>> file(std::fopen(path.c_str(), "w"));
  CHECK(file != nullptr && PEM_write_PrivateKey(file.get(), identity.key.get(), nullptr, nullptr, 0,
                                                nullptr, nullptr) == 1);
}

}  // namespace aloft::http
