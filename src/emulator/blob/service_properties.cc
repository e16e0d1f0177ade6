// SPDX-License-Identifier: Apache-2.0
#include "emulator/blob/service_properties.h"

#include <algorithm>
#include <optional>
#include <pugixml.hpp>

#include "emulator/blob/api_version.h"
#include "emulator/blob/words.h"
#include "emulator/blob/xml.h"
#include "emulator/wire/decimal.h"

namespace aloft::emulator::blob {

namespace {

constexpr std::size_t kCorsRulesMax = 5;
constexpr std::size_t kCorsListMax = 64;
constexpr std::uint32_t kRetentionDaysMax = 365;
constexpr std::string_view kCorsMethods[] = {"DELETE", "GET",   "HEAD",    "MERGE",
                                             "POST",   "PATCH", "OPTIONS", "PUT"};

tl::unexpected<ServiceError> bad_value(const pugi::xml_node& node) {
  ServiceError error = make_error(Refusal::invalid_xml_node_value);
  error.details.emplace_back("XmlNodeName", node.name());
  error.details.emplace_back("XmlNodeValue", node.text().get());
  return refuse(std::move(error));
}

/// An element that must be there where its parent is.
Outcome<pugi::xml_node> required(const pugi::xml_node& parent, const char* name) {
  const pugi::xml_node node = parent.child(name);
  if (node) return node;
  return refuse(Refusal::invalid_xml_document,
                std::string(parent.name()) + " needs an element " + name);
}

Outcome<bool> truth(const pugi::xml_node& parent, const char* name) {
  const pugi::xml_node node = TRY(required(parent, name));
  const std::string_view text = node.text().get();
  if (text == "true") return true;
  if (text == "false") return false;
  return bad_value(node);
}

Outcome<std::uint32_t> number(const pugi::xml_node& node) {
  const auto value = parse_decimal<std::uint32_t>(node.text().get());
  if (!value) return bad_value(node);
  return *value;
}

Outcome<RetentionPolicy> read_retention(const pugi::xml_node& node) {
  RetentionPolicy policy;
  policy.enabled = TRY(truth(node, "Enabled"));
  if (!policy.enabled) return policy;
  const pugi::xml_node days = TRY(required(node, "Days"));
  policy.days = TRY(number(days));
  if (policy.days == 0 || policy.days > kRetentionDaysMax) return bad_value(days);
  return policy;
}

Outcome<void> check_version(const pugi::xml_node& node) {
  const pugi::xml_node version = TRY(required(node, "Version"));
  if (std::string_view(version.text().get()) != "1.0") return bad_value(version);
  return {};
}

Outcome<void> read_logging(const pugi::xml_node& node, ServiceProperties& properties) {
  TRY(check_version(node));
  ServiceProperties::Logging logging;
  logging.deletes = TRY(truth(node, "Delete"));
  logging.reads = TRY(truth(node, "Read"));
  logging.writes = TRY(truth(node, "Write"));
  const pugi::xml_node retention = TRY(required(node, "RetentionPolicy"));
  logging.retention = TRY(read_retention(retention));
  properties.logging = logging;
  return {};
}

Outcome<ServiceProperties::Metrics> read_metrics(const pugi::xml_node& node) {
  TRY(check_version(node));
  ServiceProperties::Metrics metrics;
  metrics.enabled = TRY(truth(node, "Enabled"));
  if (metrics.enabled) metrics.includes_apis = TRY(truth(node, "IncludeAPIs"));
  const pugi::xml_node retention = TRY(required(node, "RetentionPolicy"));
  metrics.retention = TRY(read_retention(retention));
  return metrics;
}

Outcome<std::vector<std::string>> read_list(const pugi::xml_node& rule, const char* name,
                                            bool may_be_empty) {
  const pugi::xml_node node = TRY(required(rule, name));
  const auto words = split_words(node.text().get());
  std::vector<std::string> list(words.begin(), words.end());
  if (list.size() > kCorsListMax || (list.empty() && !may_be_empty)) return bad_value(node);
  return list;
}

Outcome<CorsRule> read_cors_rule(const pugi::xml_node& node) {
  CorsRule rule;
  rule.origins = TRY(read_list(node, "AllowedOrigins", false));
  rule.methods = TRY(read_list(node, "AllowedMethods", false));
  for (const std::string& method : rule.methods) {
    if (std::ranges::find(kCorsMethods, method) == std::end(kCorsMethods)) {
      return bad_value(node.child("AllowedMethods"));
    }
  }
  rule.allowed_headers = TRY(read_list(node, "AllowedHeaders", true));
  rule.exposed_headers = TRY(read_list(node, "ExposedHeaders", true));
  const pugi::xml_node max_age = TRY(required(node, "MaxAgeInSeconds"));
  rule.max_age_s = TRY(number(max_age));
  return rule;
}

Outcome<void> read_cors(const pugi::xml_node& node, ServiceProperties& properties) {
  std::vector<CorsRule> rules;
  for (const pugi::xml_node& rule : node.children()) {
    if (std::string_view(rule.name()) != "CorsRule" || rules.size() == kCorsRulesMax) {
      return refuse(Refusal::invalid_xml_document, "Cors has at most five elements CorsRule");
    }
    rules.push_back(TRY(read_cors_rule(rule)));
  }
  properties.cors = std::move(rules);
  return {};
}

Outcome<void> read_delete_retention(const pugi::xml_node& node, ServiceProperties& properties) {
  properties.delete_retention = TRY(read_retention(node));
  properties.allows_permanent_delete =
      node.child("AllowPermanentDelete") && TRY(truth(node, "AllowPermanentDelete"));
  return {};
}

Outcome<void> read_website(const pugi::xml_node& node, ServiceProperties& properties) {
  ServiceProperties::StaticWebsite website;
  website.enabled = TRY(truth(node, "Enabled"));
  website.index_document = node.child("IndexDocument").text().get();
  website.error_document_path = node.child("ErrorDocument404Path").text().get();
  website.default_index_document_path = node.child("DefaultIndexDocumentPath").text().get();
  properties.static_website = std::move(website);
  return {};
}

Outcome<void> read_default_version(const pugi::xml_node& node, ServiceProperties& properties) {
  const std::string_view version = node.text().get();
  if (!version.empty() && !is_known_version(version)) return bad_value(node);
  properties.default_version = version;
  return {};
}

Outcome<void> read_element(const pugi::xml_node& node, ServiceProperties& properties) {
  const std::string_view name = node.name();
  if (name == "Logging") return read_logging(node, properties);
  if (name == "HourMetrics") {
    properties.hour_metrics = TRY(read_metrics(node));
    return {};
  }
  if (name == "MinuteMetrics") {
    properties.minute_metrics = TRY(read_metrics(node));
    return {};
  }
  if (name == "Cors") return read_cors(node, properties);
  if (name == "DefaultServiceVersion") return read_default_version(node, properties);
  if (name == "DeleteRetentionPolicy") return read_delete_retention(node, properties);
  if (name == "StaticWebsite") return read_website(node, properties);
  return refuse(Refusal::invalid_xml_document, "no property is called " + std::string(name));
}

std::string_view text_of(bool value) {
  return value ? "true" : "false";
}

void write_retention(XmlWriter& xml, std::string_view name, const RetentionPolicy& policy) {
  xml.open(name);
  xml.element("Enabled", text_of(policy.enabled));
  if (policy.enabled) xml.element("Days", std::to_string(policy.days));
  xml.close(name);
}

void write_logging(XmlWriter& xml, const ServiceProperties::Logging& logging) {
  xml.open("Logging");
  xml.element("Version", "1.0");
  xml.element("Read", text_of(logging.reads));
  xml.element("Write", text_of(logging.writes));
  xml.element("Delete", text_of(logging.deletes));
  write_retention(xml, "RetentionPolicy", logging.retention);
  xml.close("Logging");
}

void write_metrics(XmlWriter& xml, std::string_view name,
                   const ServiceProperties::Metrics& metrics) {
  xml.open(name);
  xml.element("Version", "1.0");
  xml.element("Enabled", text_of(metrics.enabled));
  if (metrics.enabled) xml.element("IncludeAPIs", text_of(metrics.includes_apis));
  write_retention(xml, "RetentionPolicy", metrics.retention);
  xml.close(name);
}

void write_cors(XmlWriter& xml, const std::vector<CorsRule>& rules) {
  xml.open("Cors");
  for (const CorsRule& rule : rules) {
    xml.open("CorsRule");
    xml.element("AllowedMethods", join_words(rule.methods));
    xml.element("AllowedOrigins", join_words(rule.origins));
    xml.element("AllowedHeaders", join_words(rule.allowed_headers));
    xml.element("ExposedHeaders", join_words(rule.exposed_headers));
    xml.element("MaxAgeInSeconds", std::to_string(rule.max_age_s));
    xml.close("CorsRule");
  }
  xml.close("Cors");
}

void write_website(XmlWriter& xml, const ServiceProperties::StaticWebsite& website) {
  const auto optional_element = [&](std::string_view name, const std::string& text) {
    if (!text.empty()) xml.element(name, text);
  };
  xml.open("StaticWebsite");
  xml.element("Enabled", text_of(website.enabled));
  optional_element("IndexDocument", website.index_document);
  optional_element("ErrorDocument404Path", website.error_document_path);
  optional_element("DefaultIndexDocumentPath", website.default_index_document_path);
  xml.close("StaticWebsite");
}

}  // namespace

std::string service_properties_document(const ServiceProperties& properties) {
  XmlWriter xml;
  xml.open("StorageServiceProperties");
  write_logging(xml, properties.logging);
  write_metrics(xml, "HourMetrics", properties.hour_metrics);
  write_metrics(xml, "MinuteMetrics", properties.minute_metrics);
  write_cors(xml, properties.cors);
  if (!properties.default_version.empty()) {
    xml.element("DefaultServiceVersion", properties.default_version);
  }
  xml.open("DeleteRetentionPolicy");
  xml.element("Enabled", text_of(properties.delete_retention.enabled));
  if (properties.delete_retention.enabled) {
    xml.element("Days", std::to_string(properties.delete_retention.days));
  }
  xml.element("AllowPermanentDelete", text_of(properties.allows_permanent_delete));
  xml.close("DeleteRetentionPolicy");
  write_website(xml, properties.static_website);
  xml.close("StorageServiceProperties");
  return xml.take();
}

Outcome<ServiceProperties> parse_service_properties(std::string_view document,
                                                    const ServiceProperties& current) {
  pugi::xml_document parsed;
  if (!parsed.load_buffer(document.data(), document.size())) {
    return refuse(Refusal::invalid_xml_document);
  }
  const pugi::xml_node root = parsed.child("StorageServiceProperties");
  if (!root || root.next_sibling()) return refuse(Refusal::invalid_xml_document);
  ServiceProperties properties = current;
  for (const pugi::xml_node& node : root.children()) TRY(read_element(node, properties));
  return properties;
}

}  // namespace aloft::emulator::blob
