// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <cstdio>
#include <memory>
#include <string>

#include "base/error.h"
#include "base/file.h"

namespace aloft::azure {

/// For tests: a certificate that signs itself, and its private key.
class FakeCertificate {
 public:
  /// `type`: "RSA" or "EC".
  explicit FakeCertificate(const std::string& type = "RSA")
      : key_(type == "RSA" ? EVP_RSA_gen(2048) : EVP_EC_gen("P-256"), EVP_PKEY_free),
        certificate_(X509_new(), X509_free) {
    X509* const x509 = certificate_.get();
    X509_set_version(x509, 2);
    ASN1_INTEGER_set(X509_get_serialNumber(x509), 1);
    X509_gmtime_adj(X509_getm_notBefore(x509), -60);
    X509_gmtime_adj(X509_getm_notAfter(x509), 3600);
    X509_set_pubkey(x509, key_.get());
    CHECK(X509_sign(x509, key_.get(), EVP_sha256()) > 0);
  }

  EVP_PKEY* key() const { return key_.get(); }
  X509* certificate() const { return certificate_.get(); }

  std::string certificate_pem() const {
    return pem([this](BIO* bio) { return PEM_write_bio_X509(bio, certificate_.get()); });
  }
  /// Encrypted where there is a password.
  std::string key_pem(std::string password = "") const {
    return pem([&](BIO* bio) {
      return PEM_write_bio_PKCS8PrivateKey(bio, key_.get(),
                                           password.empty() ? nullptr : EVP_aes_256_cbc(),
                                           password.empty() ? nullptr : password.data(),
                                           static_cast<int>(password.size()), nullptr, nullptr);
    });
  }

 private:
  template <class Write>
  static std::string pem(Write write) {
    const std::unique_ptr<BIO, decltype(&BIO_free)> bio(BIO_new(BIO_s_mem()), BIO_free);
    CHECK(write(bio.get()) == 1);
    char* text = nullptr;
    const long length = BIO_get_mem_data(bio.get(), &text);
    return std::string(text, static_cast<std::size_t>(length));
  }

  std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key_;
  std::unique_ptr<X509, decltype(&X509_free)> certificate_;
};

}  // namespace aloft::azure
