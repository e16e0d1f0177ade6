// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "emulator/blob/service_error.h"

namespace aloft::emulator::blob {

struct RetentionPolicy {
  bool enabled = false;
  std::uint32_t days = 0;  ///< 1 to 365 where it is enabled.
};

/// Which of the service's scripts in browsers may ask; see "Cross-Origin Resource Sharing support
/// for Azure Storage".
struct CorsRule {
  std::vector<std::string> origins{};  ///< "*": any.
  std::vector<std::string> methods{};
  std::vector<std::string> allowed_headers{};  ///< "x-ms-meta-*": all that begin so.
  std::vector<std::string> exposed_headers{};
  std::uint32_t max_age_s = 0;
};

/// What Set Blob Service Properties sets. The emulator acts on CORS rules, the delete retention
/// policy and the default version; it keeps the rest and shows it.
struct ServiceProperties {
  struct Logging {
    bool deletes = false;
    bool reads = false;
    bool writes = false;
    RetentionPolicy retention{};
  };
  struct Metrics {
    bool enabled = false;
    bool includes_apis = false;
    RetentionPolicy retention{};
  };
  struct StaticWebsite {
    bool enabled = false;
    std::string index_document{};
    std::string error_document_path{};
    std::string default_index_document_path{};
  };

  Logging logging{};
  Metrics hour_metrics{};
  Metrics minute_metrics{};
  std::vector<CorsRule> cors{};
  std::string default_version{};       ///< Of requests without x-ms-version; empty: the newest.
  RetentionPolicy delete_retention{};  ///< Soft delete of blobs.
  bool allows_permanent_delete = false;
  StaticWebsite static_website{};
};

/// The XML that Get Blob Service Properties answers.
std::string service_properties_document(const ServiceProperties& properties);

/// `current` with what the document sets: an element that it does not have stays as it is. Fails
/// with invalid_xml_document for what is none, invalid_xml_node_value for values that Azure does
/// not take.
Outcome<ServiceProperties> parse_service_properties(std::string_view document,
                                                    const ServiceProperties& current);

}  // namespace aloft::emulator::blob
