// SPDX-License-Identifier: Apache-2.0
#include "emulator/blob/operations/blob_entries.h"

#include <algorithm>

#include "emulator/blob/operations/properties.h"
#include "emulator/blob/tier.h"

namespace aloft::emulator::blob {

namespace {

void write_copy_state(XmlWriter& xml, const CopyState& copy, Seconds now) {
  xml.element("CopyId", copy.id);
  xml.element("CopyStatus", name_of(copy.status));
  xml.element("CopySource", copy.source);
  xml.element("CopyProgress", progress_of(copy, now));
  const std::string_view description = description_of(copy);
  if (!description.empty()) xml.element("CopyStatusDescription", description);
  if (copy.status == CopyState::Status::pending) return;
  xml.element("CopyCompletionTime", format_http_date(copy.completed_at));
}

/// What stands beside the name: which state of the blob it is.
void write_state(XmlWriter& xml, const ListEntry& entry) {
  const Blob& blob = *entry.blob;
  if (blob.deletion) xml.element("Deleted", "true");
  if (blob.snapshot != 0) xml.element("Snapshot", format_stamp(blob.snapshot));
  if (blob.version != 0 && blob.snapshot == 0) {
    xml.element("VersionId", format_stamp(blob.version));
    if (entry.is_current) xml.element("IsCurrentVersion", "true");
  }
}

void write_tier(XmlWriter& xml, const Blob& blob, Seconds now) {
  xml.element("AccessTier", tier_of(blob, now));
  if (blob.access_tier.empty()) xml.element("AccessTierInferred", "true");
  if (const auto changed_at = tier_changed_at(blob, now)) {
    xml.element("AccessTierChangeTime", format_http_date(*changed_at));
  }
  if (!is_rehydrating(blob, now)) return;
  xml.element("ArchiveStatus", archive_status(*blob.rehydration));
  xml.element("RehydratePriority", priority_name(*blob.rehydration));
}

/// The properties that only some kinds have.
void write_kind(XmlWriter& xml, const Blob& blob, Seconds now) {
  xml.element("BlobType", type_name(blob.type));
  switch (blob.type) {
    case BlobType::block:
      write_tier(xml, blob, now);
      break;
    case BlobType::append:
      if (blob.is_sealed) xml.element("Sealed", "true");
      break;
    case BlobType::page:
      xml.element("x-ms-blob-sequence-number", std::to_string(blob.sequence_number));
      break;
  }
}

/// What paths of a hierarchical namespace have beside.
void write_access(XmlWriter& xml, const Blob& blob, const BlobListing& listing) {
  if (!blob.access) return;
  xml.element("ResourceType", blob.is_directory ? "directory" : "file");
  if (!listing.permissions) return;
  xml.element("Owner", blob.access->owner);
  xml.element("Group", blob.access->group);
  xml.element("Permissions", format_permissions(*blob.access));
  xml.element("Acl", format_acl(blob.access->acl));
}

/// A directory in a listing by levels.
void write_directory_properties(XmlWriter& xml, const Blob& blob, const BlobListing& listing) {
  xml.open("Properties");
  xml.element("Creation-Time", format_http_date(blob.created_at));
  xml.element("Last-Modified", format_http_date(blob.modified_at));
  xml.element("Etag", format_bare_etag(blob.etag));
  xml.element("Content-Length", "0");
  write_access(xml, blob, listing);
  xml.close("Properties");
}

void write_blob(XmlWriter& xml, const ListEntry& entry, const BlobListing& listing) {
  const Blob& blob = *entry.blob;
  xml.open("Blob");
  xml.element("Name", blob.name);
  write_state(xml, entry);
  xml.open("Properties");
  xml.element("Creation-Time", format_http_date(blob.created_at));
  xml.element("Last-Modified", format_http_date(blob.modified_at));
  xml.element("Etag", format_bare_etag(blob.etag));
  xml.element("Content-Length", std::to_string(blob.size_bytes));
  xml.element("Content-Type", blob.properties.content_type);
  xml.element("Content-Encoding", blob.properties.content_encoding);
  xml.element("Content-Language", blob.properties.content_language);
  xml.element("Content-MD5", blob.properties.content_md5);
  xml.element("Cache-Control", blob.properties.cache_control);
  xml.element("Content-Disposition", blob.properties.content_disposition);
  write_kind(xml, blob, listing.now);
  if (entry.is_current) write_lease(xml, blob.lease, listing.now);
  if (blob.deletion) write_deletion(xml, *blob.deletion, listing.now);
  if (listing.copy && blob.copy) write_copy_state(xml, *blob.copy, listing.now);
  write_access(xml, blob, listing);
  if (!blob.tags.empty()) xml.element("TagCount", std::to_string(blob.tags.size()));
  xml.element("ServerEncrypted", "true");
  xml.close("Properties");
  if (listing.metadata) write_metadata(xml, blob.metadata);
  if (listing.tags && !blob.tags.empty()) write_tags(xml, blob.tags);
  if (entry.has_versions_only) xml.element("HasVersionsOnly", "true");
  xml.close("Blob");
}

/// A name that only has staged blocks: it is listed, but has no content yet.
void write_uncommitted(XmlWriter& xml, std::string_view name) {
  xml.open("Blob");
  xml.element("Name", name);
  xml.open("Properties");
  xml.element("Content-Length", "0");
  xml.element("BlobType", "BlockBlob");
  xml.element("LeaseStatus", "unlocked");
  xml.element("LeaseState", "available");
  xml.element("ServerEncrypted", "true");
  xml.close("Properties");
  xml.close("Blob");
}

}  // namespace

void write_metadata(XmlWriter& xml, const Metadata& metadata) {
  xml.open("Metadata");
  for (const auto& [name, value] : metadata) xml.element(name, value);
  xml.close("Metadata");
}

void write_lease(XmlWriter& xml, const std::optional<Lease>& lease, Seconds now) {
  const LeaseState state = state_of(lease, now);
  xml.element("LeaseStatus", status_of(state));
  xml.element("LeaseState", name_of(state));
  if (state == LeaseState::leased) {
    xml.element("LeaseDuration", lease->duration_s ? "fixed" : "infinite");
  }
}

void write_deletion(XmlWriter& xml, const Deletion& deletion, Seconds now) {
  const auto left = std::max(deletion.expires_at - now, std::chrono::seconds(0));
  xml.element("DeletedTime", format_http_date(deletion.deleted_at));
  xml.element("RemainingRetentionDays",
              std::to_string(std::chrono::ceil<std::chrono::days>(left).count()));
}

void write_entries(XmlWriter& xml, const ListPage& page, const BlobListing& listing) {
  xml.open("Blobs");
  for (const ListEntry& entry : page.entries) {
    if (entry.is_prefix) {
      xml.open("BlobPrefix");
      xml.element("Name", entry.name);
      if (entry.blob) write_directory_properties(xml, *entry.blob, listing);
      xml.close("BlobPrefix");
    } else if (entry.blob) {
      write_blob(xml, entry, listing);
    } else {
      write_uncommitted(xml, entry.name);
    }
  }
  xml.close("Blobs");
}

}  // namespace aloft::emulator::blob
